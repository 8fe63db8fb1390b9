#include "src/cc/source_files.h"

#include <llvm/Support/Path.h>

namespace redbee::cc {
namespace {

namespace vfs = llvm::vfs;

class SourceFiles : public vfs::ProxyFileSystem {
 public:
  explicit SourceFiles(std::string prelude)
      : ProxyFileSystem(vfs::getRealFileSystem()), own_(new vfs::InMemoryFileSystem) {
    own_->addFile(kPreludePath, 0, llvm::MemoryBuffer::getMemBufferCopy(prelude, kPreludePath));
    add_directory(kHeaderDirectory);
  }

  llvm::ErrorOr<vfs::Status> status(const llvm::Twine& path) override {
    return is_own(path) ? own_->status(path) : ProxyFileSystem::status(path);
  }
  llvm::ErrorOr<std::unique_ptr<vfs::File>> openFileForRead(const llvm::Twine& path) override {
    return is_own(path) ? own_->openFileForRead(path) : ProxyFileSystem::openFileForRead(path);
  }

 private:
  void add_directory(const std::string& path) {
    own_->addFile(path + "/.directory", 0, llvm::MemoryBuffer::getMemBuffer("", "", false));
  }

  // Also makes the header that is asked for.
  bool is_own(const llvm::Twine& path) {
    llvm::SmallString<256> text;
    path.toVector(text);
    if (text != "/redbee" && !llvm::StringRef(text).starts_with("/redbee/")) return false;
    if (llvm::StringRef(text).starts_with(kHeaderDirectory) &&
        text.size() > sizeof kHeaderDirectory) {
      if (llvm::sys::path::extension(text) == ".h")
        own_->addFile(text, 0, llvm::MemoryBuffer::getMemBuffer("\n", text, true));
      else
        add_directory(text.str().str());
    }
    return true;
  }

  llvm::IntrusiveRefCntPtr<vfs::InMemoryFileSystem> own_;
};

}  // namespace

llvm::IntrusiveRefCntPtr<vfs::FileSystem> make_file_system(std::string prelude) {
  return llvm::makeIntrusiveRefCnt<SourceFiles>(std::move(prelude));
}

}  // namespace redbee::cc
