/* Page faults: fresh pages, pages written after a fork's fashion (private copies), and faults that a signal handler mends. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include "program.h"

#define PAGE 4096
#define PAGES 200

static volatile uint32_t mended;
static uint8_t *area;

static void mend(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);
  if (mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) != 0) fail("mprotect");
  mended++;
}

uint32_t run(uint32_t units) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = mend;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, NULL) != 0) fail("sigaction");
  uint32_t sum = 0;
  for (uint32_t pass = 0; pass < units * 8; pass++) {
    area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) fail("mmap");
    for (int i = 0; i < PAGES; i++) sum = mix(sum, area[i * PAGE]);
    for (int i = 0; i < PAGES; i++) area[i * PAGE + i] = (uint8_t)(pass + 1);
    if (mprotect(area, PAGES * PAGE, PROT_READ) != 0) fail("mprotect");
    for (int i = 0; i < PAGES; i += 8) area[i * PAGE] = 3;
    sum = mix(sum, mended + area[8 * PAGE]);
    if (munmap(area, PAGES * PAGE) != 0) fail("munmap");
  }
  return sum;
}
