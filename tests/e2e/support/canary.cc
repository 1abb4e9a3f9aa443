#include "tests/e2e/support/canary.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/support/plant.h"
#include "tests/support/process/process.h"

namespace shoujie::e2e {
namespace {

// Code points of the basic plane only.
std::string Utf16(const std::string& utf8, bool big_endian) {
  std::string out;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
    uint32_t rune = length == 1 ? lead : length == 2 ? lead & 0x1f : lead & 0x0f;
    for (size_t k = 1; k < length && i + k < utf8.size(); ++k) {
      rune = rune << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3f);
    }
    const char high = static_cast<char>(rune >> 8), low = static_cast<char>(rune);
    out.push_back(big_endian ? high : low);
    out.push_back(big_endian ? low : high);
    i += length;
  }
  return out;
}

// What is sure to stand in the base64 of any text that holds this one `shift` bytes after a group's beginning.
std::string Base64(const std::string& text, size_t shift) {
  const std::string all = absl::Base64Escape(std::string(shift, 'x') + text);
  const size_t from = shift == 0 ? 0 : 4, groups = (shift + text.size()) / 3;
  return all.substr(from, groups * 4 - from);
}

}  // namespace

CanaryScan::CanaryScan(const std::vector<std::string>& canaries) {
  for (const std::string& text : canaries) {
    std::vector<std::string> texts = {text};
    if (text[0] == '+') texts.push_back(text.substr(1));
    for (const std::string& t : texts) {
      forms_.push_back({"plain", t});
      forms_.push_back({"UTF-16LE", Utf16(t, false)});
      forms_.push_back({"UTF-16BE", Utf16(t, true)});
      forms_.push_back({"hex", absl::BytesToHexString(t)});
      forms_.push_back({"HEX", absl::AsciiStrToUpper(absl::BytesToHexString(t))});
      for (size_t shift : {0, 1, 2}) forms_.push_back({absl::StrCat("base64+", shift), Base64(t, shift)});
    }
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0; })) {
      forms_.push_back({"escaped", absl::CEscape(text)});
    }
  }
}

void CanaryScan::Bytes(const std::string& where, const std::string& bytes) {
  bytes_ += bytes.size();
  for (const Form& form : forms_) {
    if (bytes.find(form.bytes) != std::string::npos) hits_.push_back(absl::StrCat(where, ": ", form.name));
  }
}

void CanaryScan::Files(const std::string& directory) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) Bytes(entry.path(), ReadFile(entry.path()));
  }
}

void CanaryScan::Rows(const std::string& path) {
  const auto database = OpenDatabase(path);
  const auto row = database->Scan("", "");
  for (; row->Valid(); row->Next()) {
    ++rows_;
    const std::string key(row->key());
    Bytes(absl::StrCat(path, " row ", absl::CEscape(key), " key"), key);
    Bytes(absl::StrCat(path, " row ", absl::CEscape(key), " value"), std::string(row->value()));
  }
  if (!row->status().ok()) hits_.push_back(absl::StrCat(path, ": ", row->status().ToString()));
}

}  // namespace shoujie::e2e
