#include "guard.h"

#include <cerrno>

namespace redbee::ruby {
namespace {

// A script's wrong argument is an ArgumentError; what the kernel finds invalid is, as all its
// refusals, a SystemCallError.
const char* class_name(const Error& error) {
  switch (error.code) {
    case Errc::invalid_argument: return error.sys_errno == 0 ? "Redbee::InvalidArgument" : "Redbee::OsError";
    case Errc::compile_failed: return "Redbee::CompileFailed";
    case Errc::verifier_rejected: return "Redbee::VerifierRejected";
    case Errc::not_supported: return "Redbee::NotSupported";
    case Errc::not_permitted: return "Redbee::NotPermitted";
    case Errc::not_found: return "Redbee::NotFound";
    case Errc::os: return "Redbee::OsError";
  }
  return "Redbee::OsError";
}

// What the kernel says in these cases, for scripts that rescue Errno classes.
int errno_of(const Error& error) {
  if (error.sys_errno != 0) return error.sys_errno;
  switch (error.code) {
    case Errc::verifier_rejected: return EACCES;
    case Errc::not_supported: return EOPNOTSUPP;
    case Errc::not_permitted: return EPERM;
    case Errc::not_found: return ENOENT;
    default: return EINVAL;
  }
}

VALUE text(const std::string& s) { return rb_utf8_str_new(s.data(), static_cast<long>(s.size())); }

}  // namespace

VALUE exception_of(const Error& error) {
  VALUE log = rb_ary_new();
  for (const std::string& line : error.log) rb_ary_push(log, text(line));
  VALUE options = rb_hash_new();
  rb_hash_aset(options, ID2SYM(rb_intern("errno")), INT2NUM(errno_of(error)));
  rb_hash_aset(options, ID2SYM(rb_intern("log")), log);
  VALUE arguments[] = {text(error.message), options};
  return rb_class_new_instance_kw(2, arguments, rb_path2class(class_name(error)), RB_PASS_KEYWORDS);
}

}  // namespace redbee::ruby
