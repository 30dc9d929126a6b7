/* Two processes that answer each other through pipes: context switches. */
#include <sys/wait.h>
#include <unistd.h>
#include "program.h"

uint32_t run(uint32_t units) {
  int to[2], back[2];
  if (pipe(to) != 0 || pipe(back) != 0) fail("pipe");
  uint32_t value = 1;
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(to[1]);
    while (read(to[0], &value, sizeof value) == (ssize_t)sizeof value) {
      value = mix(value, 1);
      if (write(back[1], &value, sizeof value) < 0) _exit(1);
    }
    _exit(0);
  }
  for (uint32_t i = 0; i < units * 1500; i++) {
    if (write(to[1], &value, sizeof value) < 0 || read(back[0], &value, sizeof value) != (ssize_t)sizeof value) fail("pipe");
    value += i;
  }
  close(to[1]);
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) fail("waitpid");
  return value;
}
