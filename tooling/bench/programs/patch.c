/* Writes the immediate of one instruction again and again and runs it each time, as inline caches do. */
#include <string.h>
#include <sys/mman.h>
#include "program.h"

uint32_t run(uint32_t units) {
  static const uint8_t instructions[] = { 0xb8, 0, 0, 0, 0 /* mov eax, imm32 */, 0xc3 /* ret */ };
  uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) fail("mmap");
  memcpy(code, instructions, sizeof instructions);
  uint32_t (*volatile function)(void);
  memcpy((void *)&function, &code, sizeof function);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < units * 15000; i++) {
    memcpy(code + 1, &i, sizeof i);
    sum = mix(sum, function());
  }
  return sum;
}
