// Small files for tests of importers, written into a temporary folder of the process, which CTest starts anew for each
// test. It goes when the process ends.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace shoujie::importer {

inline std::string WriteFile(const std::string& name, const std::string& content) {
  static const TempDir folder;
  const std::string path =
      folder / (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" + name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}
inline std::string Gzip(const std::string& content) {
  std::string out(compressBound(content.size()) + 64, '\0');
  z_stream z{};
  deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace shoujie::importer
