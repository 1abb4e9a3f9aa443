// Orders that the server gives to the switch ("dial this customer back"), by lease. The desk takes an order, writes
// into the outbox what it would have to say if it died now, dials once, and reports the result. It never dials an order
// twice, whatever is restarted, and never one whose time or lease is over. One desk is driven by one thread; the
// callbacks run on it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/switch/outbox.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::loadtest {

enum class OrderAct {
  kLeave,  // closed, or not yet due
  kCarryOut,
  kTooLate,  // do not dial
};
// `lease_until` counts once the order was taken. `margin`: how far the server's clock may be ahead of ours.
OrderAct ActOnOrder(const interaction::v1::Order& order, absl::Time lease_until, absl::Time now, absl::Duration margin);

// What the desk asks of the server and of the lines.
class OrderLine {
 public:
  virtual ~OrderLine() = default;
  virtual absl::StatusOr<std::vector<interaction::v1::ListOrdersResponse::Entry>> List() = 0;
  virtual absl::Status Take(const std::string& contact, const std::string& order) = 0;
  virtual absl::StatusOr<interaction::v1::OrderTarget> Target(const std::string& contact, const std::string& order) = 0;

  struct Dialled {
    interaction::v1::OrderState result = interaction::v1::ORDER_STATE_NO_ANSWER;
    absl::Duration rings;  // until then nothing is known
  };
  virtual Dialled Dial(const std::string& contact, const interaction::v1::OrderTarget& target) = 0;
  // The result is on its way to the server, in the lane `call`; of a REACHED order the call's facts follow in it.
  virtual void Ended(const std::string& contact, const interaction::v1::OrderTarget& target,
                     interaction::v1::OrderState result, const std::string& call, absl::Time at) = 0;

  virtual absl::Time Now() const = 0;
  virtual std::string NewRequestId() = 0;
};

// The call id of the call that carries the order out: its lane, too.
std::string CallOfOrder(const std::string& order);

class OrderDesk {
 public:
  OrderDesk(OrderLine* line, Outbox* outbox, std::string source, absl::Duration lease, absl::Duration margin)
      : line_(line), outbox_(outbox), source_(std::move(source)), lease_(lease), margin_(margin) {}

  // Looks once for what is to be done. An error: the server was not there; what rings goes on.
  absl::Status Step();
  // Ends the dials whose ringing is over.
  void Finish();
  size_t ringing() const { return ringing_.size(); }
  uint64_t dialled() const { return dialled_; }
  uint64_t too_late() const { return too_late_; }

 private:
  struct Ringing {
    absl::Time until;
    uint64_t seq;
    std::string contact;
    interaction::v1::OrderTarget target;
    interaction::v1::OrderState result;
  };
  std::string Result(const std::string& contact, const std::string& order, interaction::v1::OrderState result);
  absl::Status CarryOut(const interaction::v1::ListOrdersResponse::Entry& entry);

  OrderLine* const line_;
  Outbox* const outbox_;
  const std::string source_;
  const absl::Duration lease_, margin_;
  std::vector<Ringing> ringing_;
  std::set<std::string> seen_;  // taken by this process
  uint64_t dialled_ = 0, too_late_ = 0;
};

}  // namespace shoujie::loadtest
