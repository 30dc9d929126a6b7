/*
 * One file for all programs, so that the guest's image stays small. `programs NAME UNITS` does the work of one and prints `checksum HEX`;
 * `programs agent` serves the rig; `programs exit` ends at once, for the program that starts many of itself.
 *
 * The build names the programs: -DPROGRAMS='PROGRAM(sieve) PROGRAM(fib)', each compiled with -Drun=run_NAME.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "program.h"

#define PROGRAM(name) uint32_t run_##name(uint32_t units);
PROGRAMS
#undef PROGRAM

#define PROGRAM(name) { #name, run_##name },
static const struct {
  const char *name;
  uint32_t (*run)(uint32_t units);
} programs[] = { PROGRAMS };
#undef PROGRAM

void fail(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "exit") == 0) return 0;
  if (argc == 2 && strcmp(argv[1], "agent") == 0) return agent();
  for (size_t i = 0; argc == 3 && i < sizeof programs / sizeof programs[0]; i++) {
    if (strcmp(programs[i].name, argv[1]) != 0) continue;
    printf("checksum %08x\n", (unsigned)programs[i].run((uint32_t)strtoul(argv[2], NULL, 10)));
    return 0;
  }
  fprintf(stderr, "usage: %s NAME UNITS\n", argv[0]);
  return 2;
}
