/* The Macintosh this ROM is built for: one of models/plus.h, models/se.h, models/se30.h, chosen by the Makefile. */
#ifndef MODEL_H
#define MODEL_H
#include MODEL_HEADER
#endif
