// The house rules that a machine can check (architecture, "Folders"; style). Each rule is a function from the tree to
// what breaks it, and one row of `Rules()`; each row is a test on the real tree and has planted violations in
// `rules_test.cc` that it must find. A rule that needs judgement belongs in a review, not here.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/tidy/tree.h"

namespace shoujie::tidy {

struct Rule {
  std::string name;
  std::string why;  // what to do instead, for whoever breaks it
  Findings (*check)(const Tree&);
};
const std::vector<Rule>& Rules();
inline void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }

// C++ (rules_cpp.cc).
Findings DomainIsPure(const Tree& tree);
Findings DependenciesPointInwards(const Tree& tree);
Findings LibrariesStayBehindWrappers(const Tree& tree);
Findings SeamsAreUsed(const Tree& tree);
Findings HeadersOpenWithProse(const Tree& tree);
Findings OneStringView(const Tree& tree);
Findings NoExceptionsOfOurOwn(const Tree& tree);

// Refusals (rules_errors.cc).
Findings RefusalsSayWhatToDo(const Tree& tree);

// Protos (rules_proto.cc).
Findings PackageIsFolder(const Tree& tree);
Findings EnumsStartUnspecified(const Tree& tree);
Findings MethodsNameTheirAccess(const Tree& tree);
Findings RecordedMessagesAreDeterministic(const Tree& tree);
Findings PersonalFieldsAreMarked(const Tree& tree);

// Files and folders (rules_tree.cc).
Findings TopLevelIsKnown(const Tree& tree);
Findings FilesStayShort(const Tree& tree);
Findings NothingLeftToDo(const Tree& tree);
Findings ServicesHaveOnePage(const Tree& tree);
Findings UnitTestsMirrorSources(const Tree& tree);

// Requirements (rules_requirements.cc).
Findings NamedTestsExist(const Tree& tree);
Findings RequirementsNameTheirTests(const Tree& tree);

}  // namespace shoujie::tidy
