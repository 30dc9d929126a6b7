/* System calls that do next to nothing: the way into the kernel and back. */
#include <sys/syscall.h>
#include <unistd.h>
#include "program.h"

uint32_t run(uint32_t units) {
  char buffer[64];
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  uint32_t sum = 0;
  long parent = syscall(SYS_getppid);
  for (uint32_t i = 0; i < units * 16000; i++) {
    sum = mix(sum, syscall(SYS_getppid) == parent);
    if (i % 4 != 0) continue;
    if (write(ends[1], "0123456789abcdef", 1 + i % 16) < 0) fail("write");
    ssize_t got = read(ends[0], buffer, sizeof buffer);
    if (got < 0) fail("read");
    sum = mix(sum, (uint32_t)got + (uint32_t)buffer[got - 1]);
  }
  return sum;
}
