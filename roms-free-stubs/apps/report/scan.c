/* The backup's list of a volume's files. */
#include "../backup/scan.c"
