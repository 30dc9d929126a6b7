/* fork, exec, wait: address spaces that come and go. */
#include <sys/wait.h>
#include <unistd.h>
#include "program.h"

uint32_t run(uint32_t units) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < units * 30; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      if (i % 2 == 0) execl("/proc/self/exe", "spawn", "exit", (char *)NULL);
      _exit((int)(i % 2 == 0 ? 1 : i % 100));
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) fail("waitpid");
    sum = mix(sum, (uint32_t)WEXITSTATUS(status));
  }
  return sum;
}
