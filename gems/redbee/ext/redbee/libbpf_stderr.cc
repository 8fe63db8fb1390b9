// Debian's libbpf.a is compiled for executables: its one reference to a variable of another library,
// libc's stderr, cannot stay in a shared object. The build renames it to this variable, which is in
// the same object.
#include <cstdio>

extern "C" {
extern FILE* redbee_libbpf_stderr;
FILE* redbee_libbpf_stderr = stderr;
}
