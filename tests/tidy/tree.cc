#include "tests/tidy/tree.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace shoujie::tidy {
namespace {

// A separator of digits (200'000) is not the start of a character literal.
bool StartsCharacter(const std::string& content, size_t i) {
  return i == 0 || !std::isalnum(static_cast<unsigned char>(content[i - 1]));
}

}  // namespace

std::string Finding::ToString() const { return path + (line > 0 ? ":" + std::to_string(line) : "") + ": " + text; }

Tree Tree::Load(const std::string& root) {
  namespace fs = std::filesystem;
  static const std::vector<std::string> kSkipped = {".git", "build", ".cache", "compile_commands.json", "node_modules"};
  Tree tree;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    const std::string name = it->path().filename().string();
    bool skipped = false;
    for (const std::string& one : kSkipped) skipped = skipped || name == one;
    if (skipped) {
      if (it->is_directory()) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    tree.Add(fs::relative(it->path(), root).generic_string(), std::string(std::istreambuf_iterator<char>(in), {}));
  }
  return tree;
}

bool Tree::HasFolder(const std::string& path) const {
  auto it = files_.lower_bound(path + "/");
  return it != files_.end() && StartsWith(it->first, path + "/");
}

bool StartsWith(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

bool EndsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool IsCpp(const std::string& path) { return EndsWith(path, ".h") || EndsWith(path, ".cc"); }
bool IsProto(const std::string& path) { return EndsWith(path, ".proto") && !StartsWith(path, "tests/"); }

std::vector<std::string> Lines(const std::string& content) { return Split(content, '\n'); }

std::string CodeOnly(const std::string& content) {
  std::string code = content;
  const size_t size = content.size();
  // Blanks [from, to) but for line breaks; answers `to`.
  auto blank = [&](size_t from, size_t to) {
    to = std::min(to, size);
    for (size_t i = from; i < to; ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
    return to;
  };
  for (size_t i = 0; i < size;) {
    if (content.compare(i, 2, "//") == 0) {
      i = blank(i, content.find('\n', i));
    } else if (content.compare(i, 2, "/*") == 0) {
      const size_t end = content.find("*/", i + 2);
      i = blank(i, end == std::string::npos ? size : end + 2);
    } else if (content.compare(i, 2, "R\"") == 0) {
      const size_t open = content.find('(', i);
      if (open == std::string::npos) break;
      const std::string close = ")" + content.substr(i + 2, open - i - 2) + "\"";
      const size_t end = content.find(close, open);
      i = end == std::string::npos ? blank(i, size) : blank(i, end + close.size());
    } else if (content[i] == '"' || (content[i] == '\'' && StartsCharacter(content, i))) {
      size_t end = i + 1;
      while (end < size && content[end] != content[i] && content[end] != '\n') end += content[end] == '\\' ? 2 : 1;
      blank(i + 1, end);  // the quotes stay: a literal is a value
      i = std::min(end + 1, size);
    } else {
      ++i;
    }
  }
  return code;
}

std::vector<std::pair<int, std::string>> Includes(const std::string& content) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::vector<std::pair<int, std::string>> includes;
  int line = 0;
  for (const std::string& text : Lines(content)) {
    ++line;
    std::smatch match;
    if (text.find("include") != std::string::npos && std::regex_match(text, match, kInclude)) {
      includes.emplace_back(line, match[1].str());
    }
  }
  return includes;
}

}  // namespace shoujie::tidy
