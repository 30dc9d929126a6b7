/*
 * Runs given machine states on the processor under us and records what it makes of them.
 *
 *     recorder INPUT OUTPUT
 *
 * INPUT lists memory regions and then cases (registers, flags, FP state, memory patches); OUTPUT gets one record per case
 * with registers, flags, memory that changed, and the fault if there was one. Both layouts are the structs below; the
 * TypeScript side (src/native/protocol.ts) writes and reads the same.
 *
 * How: everything happens in one signal handler on a stack of its own. Returning from a signal loads *all* registers from
 * the signal frame, so the handler edits the frame into the next case, with TF set, and returns; the processor executes
 * one instruction and the trap (or the fault) brings the next state into the handler. No ptrace, one kernel entry per
 * instruction.
 *
 * 16-bit code runs in the 32-bit program, in segments of its own from the LDT. All addresses of code outside of this file are
 * linear: the base of CS is added and taken off here.
 *
 * The same file builds for 64-bit and for -m32. It may not use the stack protector: that reads a segment register which a
 * case may own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#ifdef __x86_64__
#include <asm/prctl.h>
#define MODE 64
#define GPRS 16
#else
#include <asm/ldt.h>
#define MODE 32
#define GPRS 8
#endif

#define MAGIC 0x31434552u /* "REC1" */
#define FLAG_TF 0x100u
#define FLAG_RF 0x10000u
#define FLAGS_KEPT 0x204000u /* NT, ID: returning from a signal does not load them but takes the handler's */
#define MERGE_GAP 4 /* changed bytes closer than this are one write */
#define MAX_REGIONS 16
#define FX_SIZE 512

enum { STEP_ONE = 0, STEP_PAST = 1, STEP_TO_STOP = 2 };
enum { END_DONE = 0, END_FAULT = 1, END_LIMIT = 2 };

struct segment { uint32_t selector, base, limit, kind; }; /* cs ss ds es fs gs; base only for mode 16 */
struct header { uint32_t magic, mode, regions, cases; uint64_t fs_base, gs_base; struct segment segments[6]; };
struct region { uint64_t addr; uint32_t len, prot; }; /* followed by len bytes */
struct case_in {
  uint32_t size, step, max_steps, patches;
  uint64_t gpr[16], rip, flags, stop;
  uint32_t has_fx, pad;
  /* has_fx ? 512 bytes of FXSAVE image; then patches: struct span + bytes padded to 8 */
};
struct case_out {
  uint32_t size, end, vector, error;
  uint64_t cr2, steps, gpr[16], rip, flags;
  uint32_t has_fx, writes;
  /* has_fx ? 512 bytes; then writes: struct span + bytes padded to 8 */
};
struct span { uint64_t addr; uint32_t len, pad; };
struct out_header { uint32_t magic, cases; uint16_t cs, ss, ds, es, fs, gs, pad0, pad1; };

static struct { uint8_t *real, *base, *now; uint32_t len; } region[MAX_REGIONS];
static uint32_t region_count, case_count, case_index;
static const uint8_t *in_at;
static const struct case_in *current;
static uint8_t *out_at, *out_end;
static ucontext_t home;
static uint64_t steps;
static int started;
static uint64_t code_base;
#ifndef __x86_64__
static unsigned fs_selector, gs_selector;
static const struct segment *segments; /* of 16-bit code, else null */
#endif

static void die(const char *what) {
  ssize_t ignored = write(2, what, strlen(what));
  ignored = write(2, "\n", 1);
  (void)ignored;
  _exit(2);
}

static uint32_t pad8(uint32_t n) { return (n + 7u) & ~7u; }

/* Hardware numbering (rax rcx rdx rbx rsp rbp rsi rdi r8…) to the frame's. */
#ifdef __x86_64__
static const int greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
#define PC REG_RIP
#else
static const int greg_of[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
#define PC REG_EIP
#endif

/* The FXSAVE image inside the signal frame; on 32-bit it stands behind the old 112-byte FSAVE image. */
static uint8_t *fx_of(ucontext_t *uc) {
  uint8_t *fp = (uint8_t *)uc->uc_mcontext.fpregs;
#ifndef __x86_64__
  fp += 112;
#endif
  return fp;
}

static uint8_t *shadow(uint64_t addr, uint32_t len, int which) {
  for (uint32_t i = 0; i < region_count; i++) {
    uint64_t start = (uint64_t)(uintptr_t)region[i].real;
    if (addr >= start && addr + len <= start + region[i].len)
      return (which == 0 ? region[i].real : which == 1 ? region[i].base : region[i].now) + (addr - start);
  }
  die("recorder: a patch lies outside the mapped regions");
  return 0;
}

static const uint8_t *patches_of(const struct case_in *c) {
  return (const uint8_t *)(c + 1) + (c->has_fx ? FX_SIZE : 0);
}

/* Linear address of the next instruction. */
static uint64_t pc_of(ucontext_t *uc) {
  return (MODE == 64 ? (uint64_t)uc->uc_mcontext.gregs[PC] : (uint32_t)uc->uc_mcontext.gregs[PC]) + code_base;
}

static void load_case(ucontext_t *uc) {
  current = (const struct case_in *)in_at;
  in_at += current->size;
  steps = 0;
  for (int i = 0; i < GPRS; i++) uc->uc_mcontext.gregs[greg_of[i]] = (greg_t)current->gpr[i];
#ifndef __x86_64__
  uc->uc_mcontext.gregs[REG_UESP] = (greg_t)current->gpr[4];
  uc->uc_mcontext.gregs[REG_FS] = (greg_t)fs_selector;
  uc->uc_mcontext.gregs[REG_GS] = (greg_t)gs_selector;
  if (segments) {
    static const int order[] = {REG_CS, REG_SS, REG_DS, REG_ES, REG_FS, REG_GS};
    for (int i = 0; i < 6; i++) uc->uc_mcontext.gregs[order[i]] = (greg_t)segments[i].selector;
  }
#endif
  uc->uc_mcontext.gregs[PC] = (greg_t)(current->rip - code_base);
  uc->uc_mcontext.gregs[REG_EFL] = (greg_t)(current->flags | FLAG_TF);
  if (current->has_fx) {
    uint8_t *fx = fx_of(uc);
    memcpy(fx, current + 1, 416); /* the rest of the image is the kernel's */
    if (*(uint32_t *)(fx + 464) == 0x46505853u) *(uint64_t *)(fx + 512) |= 3; /* XSAVE header: x87 and SSE are valid */
  }
  const uint8_t *p = patches_of(current);
  for (uint32_t i = 0; i < current->patches; i++) {
    const struct span *s = (const struct span *)p;
    memcpy(shadow(s->addr, s->len, 2), s + 1, s->len);
    uint8_t *real = shadow(s->addr, s->len, 0);
    memcpy(real, s + 1, s->len);
    p += sizeof *s + pad8(s->len);
  }
}

/* Appends the bytes that changed in one region and puts its base content back. */
static uint32_t record_writes(uint32_t r) {
  uint32_t count = 0, len = region[r].len, i = 0;
  uint8_t *real = region[r].real, *now = region[r].now;
  if (memcmp(real, now, len) == 0) return 0;
  while (i < len) {
    if (real[i] == now[i]) { i++; continue; }
    uint32_t end = i + 1;
    for (uint32_t j = end; j < len && j < end + MERGE_GAP; j++)
      if (real[j] != now[j]) end = j + 1;
    struct span *s = (struct span *)out_at;
    if (out_at + sizeof *s + (end - i) + 16 > out_end) die("recorder: output space exhausted");
    s->addr = (uint64_t)(uintptr_t)(real + i);
    s->len = end - i;
    s->pad = 0;
    memcpy(s + 1, real + i, end - i);
    memcpy(real + i, now + i, end - i);
    out_at += sizeof *s + pad8(end - i);
    i = end;
    count++;
  }
  return count;
}

static void record(ucontext_t *uc, uint32_t end) {
  struct case_out *o = (struct case_out *)out_at;
  if (out_at + sizeof *o + FX_SIZE > out_end) die("recorder: output space exhausted");
  memset(o, 0, sizeof *o);
  out_at += sizeof *o;
  o->end = end;
  if (end == END_FAULT) {
    o->vector = (uint32_t)uc->uc_mcontext.gregs[REG_TRAPNO];
    o->error = (uint32_t)uc->uc_mcontext.gregs[REG_ERR];
#ifdef __x86_64__
    o->cr2 = (uint64_t)uc->uc_mcontext.gregs[REG_CR2];
#else
    o->cr2 = (uint32_t)uc->uc_mcontext.cr2;
#endif
  }
  o->steps = steps;
  for (int i = 0; i < GPRS; i++) o->gpr[i] = MODE == 64 ? (uint64_t)uc->uc_mcontext.gregs[greg_of[i]]
                                                        : (uint32_t)uc->uc_mcontext.gregs[greg_of[i]];
  o->rip = pc_of(uc);
  o->flags = (uint32_t)uc->uc_mcontext.gregs[REG_EFL] & ~(FLAG_TF | FLAG_RF);
  o->has_fx = current->has_fx;
  if (current->has_fx) {
    memcpy(out_at, fx_of(uc), FX_SIZE);
    out_at += FX_SIZE;
  }
  for (uint32_t r = 0; r < region_count; r++) o->writes += record_writes(r);
  o->size = (uint32_t)(out_at - (uint8_t *)o);
  const uint8_t *p = patches_of(current);
  for (uint32_t i = 0; i < current->patches; i++) {
    const struct span *s = (const struct span *)p;
    const uint8_t *base = shadow(s->addr, s->len, 1);
    memcpy(shadow(s->addr, s->len, 2), base, s->len);
    memcpy(shadow(s->addr, s->len, 0), base, s->len);
    p += sizeof *s + pad8(s->len);
  }
}

static int wants_another_step(ucontext_t *uc) {
  uint64_t pc = pc_of(uc);
  switch (current->step) {
    case STEP_ONE: return 0;
    case STEP_PAST: return pc == current->rip;
    default: return pc != current->stop;
  }
}

/* What a POPF of the last case set would show in the next one. */
static void clear_kept_flags(void) {
#ifdef __x86_64__
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(unsigned long long)FLAGS_KEPT);
#else
  __builtin_ia32_writeeflags_u32(__builtin_ia32_readeflags_u32() & ~FLAGS_KEPT);
#endif
}

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)number;
  (void)info;
  if (!started) {
    started = 1;
    memcpy(&home, uc, sizeof home);
    home.uc_mcontext.gregs[PC] += 2; /* past the UD2 that brought us here */
  } else {
    uint32_t end = END_FAULT;
    if (uc->uc_mcontext.gregs[REG_TRAPNO] == 1) {
      end = END_DONE;
      steps++;
      if (wants_another_step(uc)) {
        if (steps < current->max_steps) {
          uc->uc_mcontext.gregs[REG_EFL] |= FLAG_TF;
          return;
        }
        end = END_LIMIT;
      }
    }
    record(uc, end);
    case_index++;
  }
  if (case_index < case_count) {
    load_case(uc);
    clear_kept_flags();
    return;
  }
  memcpy(uc->uc_mcontext.gregs, home.uc_mcontext.gregs, sizeof home.uc_mcontext.gregs);
}

static const uint8_t *map_input(const char *path, uint64_t *size) {
  struct stat st;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &st) != 0) die("recorder: cannot open the input file");
  void *p = mmap(0, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (p == MAP_FAILED) die("recorder: cannot map the input file");
  close(fd);
  *size = (uint64_t)st.st_size;
  return p;
}

static void map_regions(const uint8_t **at) {
  for (uint32_t i = 0; i < region_count; i++) {
    const struct region *r = (const struct region *)*at;
    void *want = (void *)(uintptr_t)r->addr;
    void *p = mmap(want, r->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);
    if (p != want) die("recorder: a region cannot be mapped at its address (low addresses need root)");
    memcpy(p, r + 1, r->len);
    region[i].real = p;
    region[i].len = r->len;
    region[i].base = malloc(r->len);
    region[i].now = malloc(r->len);
    if (!region[i].base || !region[i].now) die("recorder: out of memory");
    memcpy(region[i].base, r + 1, r->len);
    memcpy(region[i].now, r + 1, r->len);
    if (mprotect(p, r->len, (int)r->prot) != 0) die("recorder: mprotect failed");
    *at += sizeof *r + r->len;
  }
}

static void set_segment_bases(const struct header *h) {
#ifdef __x86_64__
  if (syscall(SYS_arch_prctl, ARCH_SET_GS, h->gs_base) != 0) die("recorder: cannot set the GS base");
#else
  struct user_desc d;
  memset(&d, 0, sizeof d);
  d.entry_number = (unsigned)-1;
  d.base_addr = (unsigned)h->fs_base;
  d.limit = 0xfffff;
  d.seg_32bit = 1;
  d.limit_in_pages = 1;
  d.useable = 1;
  if (syscall(SYS_set_thread_area, &d) != 0) die("recorder: cannot make a segment for FS");
  fs_selector = d.entry_number * 8 + 3;
  __asm__ volatile("mov %%gs, %0" : "=r"(gs_selector));
#endif
}

#ifndef __x86_64__
/* Makes the segments of 16-bit code whose selectors name the LDT. */
static void make_segments(const struct segment *wanted) {
  enum { CODE = 0, DOWN = 2, FIXED = 3 };
  segments = wanted;
  code_base = wanted[0].base;
  for (int i = 0; i < 6; i++) {
    struct user_desc d;
    if ((wanted[i].selector & 4) == 0) continue;
    memset(&d, 0, sizeof d);
    d.entry_number = wanted[i].selector >> 3;
    d.base_addr = wanted[i].base;
    d.limit = wanted[i].limit;
    d.contents = wanted[i].kind == CODE ? MODIFY_LDT_CONTENTS_CODE : wanted[i].kind == DOWN ? MODIFY_LDT_CONTENTS_STACK : MODIFY_LDT_CONTENTS_DATA;
    d.read_exec_only = wanted[i].kind == FIXED;
    d.useable = 1;
    if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0) die("recorder: cannot make a segment in the LDT");
  }
}
#endif

static unsigned selector(int which) {
  unsigned v = 0;
  switch (which) {
    case 0: __asm__ volatile("mov %%cs, %0" : "=r"(v)); break;
    case 1: __asm__ volatile("mov %%ss, %0" : "=r"(v)); break;
    case 2: __asm__ volatile("mov %%ds, %0" : "=r"(v)); break;
    case 3: __asm__ volatile("mov %%es, %0" : "=r"(v)); break;
    case 4: __asm__ volatile("mov %%fs, %0" : "=r"(v)); break;
    default: __asm__ volatile("mov %%gs, %0" : "=r"(v)); break;
  }
  return v & 0xffff;
}

int main(int argc, char **argv) {
  if (argc != 3) die("usage: recorder INPUT OUTPUT");
  uint64_t in_size;
  const uint8_t *in = map_input(argv[1], &in_size);
  const struct header *h = (const struct header *)in;
  if (in_size < sizeof *h || h->magic != MAGIC || (h->mode != MODE && !(MODE == 32 && h->mode == 16)) || h->regions > MAX_REGIONS)
    die("recorder: the input file is not for this recorder");
  region_count = h->regions;
  case_count = h->cases;
  in_at = in + sizeof *h;
  map_regions(&in_at);
  set_segment_bases(h);
#ifndef __x86_64__
  if (h->mode == 16) make_segments(h->segments);
#endif

  uint64_t space = in_size * 4 + (uint64_t)case_count * 1024 + (1u << 20);
  int fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || ftruncate(fd, (off_t)space) != 0) die("recorder: cannot make the output file");
  uint8_t *out = mmap(0, (size_t)space, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (out == MAP_FAILED) die("recorder: cannot map the output file");
  out_at = out + sizeof(struct out_header);
  out_end = out + space;

  static uint8_t stack[1 << 18] __attribute__((aligned(64)));
  stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack};
  if (sigaltstack(&alt, 0) != 0) die("recorder: sigaltstack failed");
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  static const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);

  __asm__ volatile("ud2" ::: "memory");

  struct out_header *o = (struct out_header *)out;
  o->magic = MAGIC;
  o->cases = case_index;
  o->cs = (uint16_t)selector(0);
  o->ss = (uint16_t)selector(1);
  o->ds = (uint16_t)selector(2);
  o->es = (uint16_t)selector(3);
#ifdef __x86_64__
  o->fs = (uint16_t)selector(4);
#else
  o->fs = (uint16_t)fs_selector;
#endif
  o->gs = (uint16_t)selector(5);
#ifndef __x86_64__
  if (segments) {
    uint16_t *all[] = {&o->cs, &o->ss, &o->ds, &o->es, &o->fs, &o->gs};
    for (int i = 0; i < 6; i++) if (segments[i].selector & 4) *all[i] = (uint16_t)segments[i].selector;
  }
#endif
  if (ftruncate(fd, out_at - out) != 0) die("recorder: cannot shorten the output file");
  return 0;
}
