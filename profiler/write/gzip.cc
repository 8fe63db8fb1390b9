#include "profiler/write/gzip.h"

#include <zlib.h>

#include <cassert>

namespace redbee::profiler {

std::string gzip(std::string_view bytes) {
  constexpr int kGzip = 16;  // added to the window bits: a gzip header instead of zlib's
  z_stream stream{};
  [[maybe_unused]] int status = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                             MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY);
  assert(status == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  status = deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace redbee::profiler
