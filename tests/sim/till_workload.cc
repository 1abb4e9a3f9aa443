#include "tests/sim/till_workload.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "till.pb.h"

namespace shoujie::testing {
namespace {

constexpr uint64_t kTills = 12;

std::string AnyTill(sim::Random& random) { return absl::StrCat("tills/", random.Below(kTills)); }

}  // namespace

sim::Intent TillWorkload::Next(sim::Random& random, absl::Time) {
  auto pay = std::make_unique<PayRequest>();
  pay->set_name(AnyTill(random));
  for (uint64_t n = random.Chance(200) ? random.Between(2, 5) : 1; n > 0; --n) pay->add_to(AnyTill(random));
  pay->set_amount(static_cast<int64_t>(random.Below(40)));
  if (random.Chance(300)) pay->set_text(absl::StrCat("text ", random.Below(1000)));
  sim::Intent intent;
  intent.principal = {absl::StrCat("agents/", 1001 + random.Below(4)), static_cast<uint32_t>(Right::kAgent)};
  intent.request = std::move(pay);
  return intent;
}

std::vector<std::string> TillWorkload::Check(const sim::States& states, absl::Time) const {
  std::vector<std::string> wrong;
  int64_t paid = 0, cashed = 0;
  uint64_t cashings = 0, receipts = 0;
  states.ForEach(0, [&](const std::string& stream, const rows::StateValue& value) {
    Till till;
    if (!till.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    if (till.disordered()) wrong.push_back(absl::StrCat("M something came to ", stream, " out of its order"));
    paid += till.paid();
    cashed += till.cashed();
    cashings += till.cashings();
    receipts += till.receipts();
  });
  if (paid != cashed) wrong.push_back(absl::StrCat("M of ", paid, " that were paid ", cashed, " were cashed"));
  if (cashings != receipts) wrong.push_back(absl::StrCat("M ", cashings, " payments came, ", receipts, " receipts"));
  return wrong;
}

}  // namespace shoujie::testing
