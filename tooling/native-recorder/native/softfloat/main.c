/*
 * softfloat-recorder NAME ID COUNT SEED
 *
 * Runs one operation on this processor's own x87 or SSE unit, COUNT times with operands chosen from SEED, and writes the records to
 * standard output with ID in their first byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum { BATCH = 4096 };

static const operation *find(const operation *table, const char *name) {
  for (; table->name; table++) {
    if (!strcmp(table->name, name)) return table;
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fputs("usage: softfloat-recorder NAME ID COUNT SEED\n", stderr);
    return 2;
  }
  const operation *op = find(x87_operations, argv[1]);
  if (!op) op = find(sse_operations, argv[1]);
  if (!op) {
    fprintf(stderr, "no operation is called %s\n", argv[1]);
    return 2;
  }
  const uint8_t id = (uint8_t)atoi(argv[2]);
  long left = atol(argv[3]);
  seed_operands(strtoull(argv[4], NULL, 10));
  install_handler();
  static record batch[BATCH];
  while (left > 0) {
    const long count = left < BATCH ? left : BATCH;
    memset(batch, 0, sizeof batch);
    for (long i = 0; i < count; i++) {
      batch[i].operation = id;
      choose(&batch[i], op);
      op->run(&batch[i]);
    }
    if (fwrite(batch, sizeof(record), (size_t)count, stdout) != (size_t)count) return 1;
    left -= count;
  }
  return 0;
}
