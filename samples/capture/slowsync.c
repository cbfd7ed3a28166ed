/* A disk whose syncs take long: delays fsync, fdatasync and msync while the file that HVIEW_SLOW_FILE names
   exists; the file holds the delay in milliseconds. Loaded with LD_PRELOAD.
   gcc -shared -fPIC -O2 -o slowsync.so slowsync.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stddef.h>
#include <time.h>

/* errno is left as it was: Cassandra's own calls of fsync hold any errno that is not 0 to be a failure. */
static void delay(void) {
  const char *path = getenv("HVIEW_SLOW_FILE");
  int before = errno;
  long ms = 0;
  FILE *f = path ? fopen(path, "re") : NULL;
  if (f) {
    struct timespec t;
    if (fscanf(f, "%ld", &ms) != 1) ms = 0;
    fclose(f);
    if (ms < 0) ms = 0;
    t.tv_sec = ms / 1000;
    t.tv_nsec = (ms % 1000) * 1000000L;
    while (nanosleep(&t, &t) != 0) {}
  }
  errno = before;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  delay();
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  delay();
  return real(fd);
}

int msync(void *addr, size_t length, int flags) {
  static int (*real)(void *, size_t, int);
  if (!real) real = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
  delay();
  return real(addr, length, flags);
}
