// The source tree as the rules of `rules.h` see it: paths and contents, held in memory. Real trees are loaded from
// disk; the tests of the rules plant files in an empty one. Not for build output: what .gitignore names is never
// loaded.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace shoujie::tidy {

// A broken rule at a place that an editor can open. `line` counts from 1; 0 means the file or folder as a whole.
struct Finding {
  std::string path;
  int line = 0;
  std::string text;

  std::string ToString() const;
};
using Findings = std::vector<Finding>;

class Tree {
 public:
  // Everything under `root` but .git and what .gitignore names. Paths are relative, with '/'.
  static Tree Load(const std::string& root);

  void Add(const std::string& path, std::string content) { files_[path] = std::move(content); }
  const std::map<std::string, std::string>& files() const { return files_; }
  bool Has(const std::string& path) const { return files_.count(path) > 0; }
  // True if any file lies under the folder `path` (no slash at the end).
  bool HasFolder(const std::string& path) const;

 private:
  std::map<std::string, std::string> files_;
};

// Paths.
bool StartsWith(const std::string& text, const std::string& prefix);
bool EndsWith(const std::string& text, const std::string& suffix);
std::vector<std::string> Split(const std::string& text, char separator);
// "a/b/c.h" → "a/b", "c.h".
std::string Folder(const std::string& path);
std::string FileName(const std::string& path);
bool IsCpp(const std::string& path);    // .h or .cc
bool IsProto(const std::string& path);  // .proto, but for what tests make up

std::vector<std::string> Lines(const std::string& content);

// C++ or proto source with comments and the contents of literals blanked out, line breaks kept: what is left is code.
std::string CodeOnly(const std::string& content);

// What the `#include` lines of a C++ file name, with the line and without brackets or quotes.
std::vector<std::pair<int, std::string>> Includes(const std::string& content);

}  // namespace shoujie::tidy
