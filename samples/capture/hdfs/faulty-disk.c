/* LD_PRELOAD shim: makes files below a path slow to write, or fail with EIO, as the file named by HVIEW_DISK_FILE says
   (absent: all is well). Each of its lines is 'slow MILLISECONDS PREFIX' or 'fail PREFIX'.
   Built by cluster.sh:  gcc -shared -fPIC -O2 -o faulty-disk.so faulty-disk.c -ldl */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int starts_with(const char *path, const char *prefix) { return strncmp(path, prefix, strlen(prefix)) == 0; }

/* The control file's path while there is one. */
static const char *control(void) {
  static const char *path;
  if (!path && !(path = getenv("HVIEW_DISK_FILE"))) return NULL;
  return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0 ? path : NULL;
}

/* 1 when the operation on this path has to fail; sleeps first when it has to be slow. System calls only: no recursion. */
static int disturbed(const char *path, int is_write) {
  char text[512], *line, *rest = text;
  ssize_t length;
  const char *file = control();
  int fd, fails = 0;
  if (!path || path[0] != '/' || !file) return 0;
  fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  text[length] = 0;
  while ((line = strsep(&rest, "\n"))) {
    long ms;
    char prefix[256];
    if (sscanf(line, "fail %255s", prefix) == 1) fails |= starts_with(path, prefix);
    else if (is_write && sscanf(line, "slow %ld %255s", &ms, prefix) == 2 && starts_with(path, prefix)) {
      struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
      while (nanosleep(&t, &t) != 0) {}
    }
  }
  return fails;
}

static int disturbed_fd(int fd, int is_write) {
  char link[40], path[512];
  ssize_t length;
  int saved = errno, fails;
  if (!control()) { errno = saved; return 0; }
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  fails = disturbed(path, is_write);
  errno = saved;
  return fails;
}

#define FAIL_PATH(path) if (disturbed(path, 0)) { errno = EIO; return -1; }
#define FAIL_FD(fd, is_write) if (disturbed_fd(fd, is_write)) { errno = EIO; return -1; }

ssize_t write(int fd, const void *b, size_t n) { REAL(write); FAIL_FD(fd, 1); return real(fd, b, n); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(writev); FAIL_FD(fd, 1); return real(fd, v, n); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); FAIL_FD(fd, 1); return real(fd, b, n, o); }
ssize_t read(int fd, void *b, size_t n) { REAL(read); FAIL_FD(fd, 0); return real(fd, b, n); }
ssize_t pread64(int fd, void *b, size_t n, off64_t o) { REAL(pread64); FAIL_FD(fd, 0); return real(fd, b, n, o); }
int fsync(int fd) { REAL(fsync); FAIL_FD(fd, 1); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); FAIL_FD(fd, 1); return real(fd); }
int access(const char *p, int m) { REAL(access); FAIL_PATH(p); return real(p, m); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); FAIL_PATH(p); return real(p, m); }
int rename(const char *a, const char *b) { REAL(rename); FAIL_PATH(a); return real(a, b); }
int unlink(const char *p) { REAL(unlink); FAIL_PATH(p); return real(p); }
DIR *opendir(const char *p) { REAL(opendir); if (disturbed(p, 0)) { errno = EIO; return NULL; } return real(p); }
int open64(const char *p, int flags, ...) {
  va_list a; mode_t m = 0;
  REAL(open64);
  if (flags & (O_CREAT | O_TMPFILE)) { va_start(a, flags); m = va_arg(a, mode_t); va_end(a); }
  FAIL_PATH(p);
  return real(p, flags, m);
}
int open(const char *p, int flags, ...) {
  va_list a; mode_t m = 0;
  REAL(open);
  if (flags & (O_CREAT | O_TMPFILE)) { va_start(a, flags); m = va_arg(a, mode_t); va_end(a); }
  FAIL_PATH(p);
  return real(p, flags, m);
}
