// The files a compile sees: the user's own as they are on disk, and kernel headers, every one of
// which exists and is empty, because the prelude and BTF already say what they would.
#pragma once

#include <llvm/Support/VirtualFileSystem.h>

#include <string>

namespace redbee::cc {

inline constexpr char kPreludePath[] = "/redbee/prelude.h";
// Directory searched for <…> headers.
inline constexpr char kHeaderDirectory[] = "/redbee/include";

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> make_file_system(std::string prelude);

}  // namespace redbee::cc
