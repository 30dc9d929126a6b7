/*
 * Runs what the other end of the serial line asks for: a line `ID PROGRAM ARGUMENT…` in, the marks `@begin ID` and
 * `@end ID STATUS MICROSECONDS` out, around what the program prints. Each mark has left the line before it goes on. The time is the guest's own,
 * which the rig shows and does not trust.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "program.h"

#define MAX_LINE 512
#define MAX_WORDS 16

static void say(const char *text) {
  size_t left = strlen(text);
  while (left > 0) {
    ssize_t written = write(1, text, left);
    if (written <= 0) exit(1);
    text += written;
    left -= (size_t)written;
  }
  tcdrain(1);
}

/* Neither echo nor translation: what is printed is what arrives. */
static void raw_terminal(void) {
  struct termios settings;
  if (tcgetattr(0, &settings) != 0) return;
  settings.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
  settings.c_oflag &= ~(tcflag_t)OPOST;
  tcsetattr(0, TCSANOW, &settings);
}

static int read_line(char *line) {
  size_t length = 0;
  char c;
  while (read(0, &c, 1) == 1) {
    if (c == '\r') continue;
    if (c == '\n') {
      line[length] = 0;
      return 1;
    }
    if (length < MAX_LINE - 1) line[length++] = c;
  }
  return 0;
}

static void serve(char *line) {
  char *words[MAX_WORDS + 1];
  int count = 0;
  for (char *word = strtok(line, " "); word != NULL && count < MAX_WORDS; word = strtok(NULL, " ")) words[count++] = word;
  words[count] = NULL;
  if (count < 2) return;
  char mark[MAX_LINE];
  snprintf(mark, sizeof mark, "\n@begin %s\n", words[0]);
  say(mark);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  pid_t child = fork();
  if (child == 0) {
    execvp(words[1], words + 1);
    perror(words[1]);
    _exit(127);
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child) status = -1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  long long microseconds = (long long)(end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (status & 0x7f);
  snprintf(mark, sizeof mark, "\n@end %s %d %lld\n", words[0], code, microseconds);
  say(mark);
}

int agent(void) {
  char line[MAX_LINE];
  char folder[MAX_LINE];
  /* The same programs whatever the system around has. */
  if (getcwd(folder, sizeof folder) == NULL || setenv("PATH", folder, 1) != 0) return 1;
  raw_terminal();
  say("\n@ready\n");
  while (read_line(line)) serve(line);
  return 0;
}
