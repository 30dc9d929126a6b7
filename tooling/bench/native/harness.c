/*
 * Runs a benchmark kernel on this processor: the same bytes, at the same addresses, as in the guest.
 *
 *     harness <code file> <data file> <code address> <data address> <stack address> <size of each> <iterations> <runs>
 *
 * prints the nanoseconds of processor time of each run on a line, then "result" with all registers and a hash of the data after the first.
 * The data is loaded anew before each run.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* What the kernel is called with and leaves: rcx and rdi in, all in the order of resultRegisters (src/guest/result.ts) out. */
uintptr_t registers[15];
uintptr_t kernel_entry, kernel_stack, saved_stack;

/* Calls kernel_entry on kernel_stack with all registers zero but rcx and rdi. */
void call_kernel(void);

#ifdef __x86_64__
__asm__(
    ".text\n.globl call_kernel\ncall_kernel:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, saved_stack(%rip)\n"
    "mov kernel_stack(%rip), %rsp\n"
    "mov 8+registers(%rip), %rcx\n"
    "mov 40+registers(%rip), %rdi\n"
    "xor %eax, %eax; xor %edx, %edx; xor %ebx, %ebx; xor %esi, %esi; xor %ebp, %ebp\n"
    "xor %r8d, %r8d; xor %r9d, %r9d; xor %r10d, %r10d; xor %r11d, %r11d\n"
    "xor %r12d, %r12d; xor %r13d, %r13d; xor %r14d, %r14d; xor %r15d, %r15d\n"
    "call *kernel_entry(%rip)\n"
    "mov %rax, registers(%rip); mov %rcx, 8+registers(%rip); mov %rdx, 16+registers(%rip)\n"
    "mov %rbx, 24+registers(%rip); mov %rsi, 32+registers(%rip); mov %rdi, 40+registers(%rip)\n"
    "mov %rbp, 48+registers(%rip); mov %r8, 56+registers(%rip); mov %r9, 64+registers(%rip)\n"
    "mov %r10, 72+registers(%rip); mov %r11, 80+registers(%rip); mov %r12, 88+registers(%rip)\n"
    "mov %r13, 96+registers(%rip); mov %r14, 104+registers(%rip); mov %r15, 112+registers(%rip)\n"
    "mov saved_stack(%rip), %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "cld\nret\n");
static const int register_count = 15;
#else
__asm__(
    ".text\n.globl call_kernel\ncall_kernel:\n"
    "push %ebx; push %ebp; push %esi; push %edi\n"
    "mov %esp, saved_stack\n"
    "mov kernel_stack, %esp\n"
    "mov 4+registers, %ecx\n"
    "mov 20+registers, %edi\n"
    "xor %eax, %eax; xor %edx, %edx; xor %ebx, %ebx; xor %esi, %esi; xor %ebp, %ebp\n"
    "call *kernel_entry\n"
    "mov %eax, registers; mov %ecx, 4+registers; mov %edx, 8+registers; mov %ebx, 12+registers\n"
    "mov %esi, 16+registers; mov %edi, 20+registers; mov %ebp, 24+registers\n"
    "mov saved_stack, %esp\n"
    "pop %edi; pop %esi; pop %ebp; pop %ebx\n"
    "cld\nret\n");
static const int register_count = 7;
#endif

static const char *const names[15] = {"rax", "rcx", "rdx", "rbx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void load(void *to, size_t size, const char *file) {
  FILE *f = fopen(file, "rb");
  if (!f) fail(file);
  if (fread(to, 1, size, f) == 0 && ferror(f)) fail(file);
  fclose(f);
}

static void *map(const char *address, size_t size, int protection) {
  void *at = (void *)(uintptr_t)strtoull(address, 0, 0);
  void *got = mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);
  if (got != at) fail("mmap at the kernel's address");
  return at;
}

static uint32_t hash(const void *data, size_t size) {
  const uint32_t *words = data;
  uint32_t h = 0x811c9dc5u;
  for (size_t i = 0; i < size / 4; i++) h = (h ^ words[i]) * 0x01000193u;
  return h;
}

static uint64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: %s code data code-address data-address stack-address size iterations runs\n", argv[0]);
    return 2;
  }
  size_t size = strtoull(argv[6], 0, 0);
  uintptr_t iterations = strtoull(argv[7], 0, 0);
  int runs = atoi(argv[8]);
  void *code = map(argv[3], size, PROT_READ | PROT_WRITE | PROT_EXEC);
  void *data = map(argv[4], size, PROT_READ | PROT_WRITE);
  char *stack = map(argv[5], size, PROT_READ | PROT_WRITE);
  void *fresh = malloc(size);
  if (!fresh) fail("malloc");
  load(code, size, argv[1]);
  memset(fresh, 0, size);
  load(fresh, size, argv[2]);
  kernel_entry = (uintptr_t)code;
  kernel_stack = (uintptr_t)(stack + size);
  for (int run = 0; run < runs; run++) {
    memcpy(data, fresh, size);
    registers[1] = iterations;
    registers[5] = (uintptr_t)data;
    uint64_t start = nanoseconds();
    call_kernel();
    uint64_t end = nanoseconds();
    printf("%llu\n", (unsigned long long)(end - start));
    if (run > 0) continue;
    printf("result");
    for (int i = 0; i < register_count; i++) printf(" %s=%llx", names[i], (unsigned long long)registers[i]);
    printf(" data=%x\n", hash(data, size));
  }
  return 0;
}
