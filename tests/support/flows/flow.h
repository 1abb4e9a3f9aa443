// The flows of the domain page that must work end to end, each written once and played wherever it shall hold: on a
// node in memory, on a server with its embedded journal, on Kafka, on the simulator's machines while they fail. A flow
// is a script: who asks for what, one after the other, what must be refused, and who holds the ticket from then on.
// Whoever plays it sends `Next()` until there is a definite answer and says so by `Done`; after any number of steps
// `Check` says what does not hold of the ticket. Nothing here knows a clock, a server or a test framework. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::flows {

// Job numbers of the built-in sample.
struct Cast {
  std::string agent = "1005";        // takes the first call: accountable to the end
  std::string colleague = "1006";    // takes what the customer says later
  std::string technician = "1035";   // of `tech`
  std::string storekeeper = "1032";  // of `warehouse`
};

struct Step {
  std::string what;                                    // for whoever reads a failure
  std::string who;                                     // principal: "agents/1005", "adapters/switch-1"
  std::unique_ptr<google::protobuf::Message> request;  // without a request id; null: `publishes`
  // For this reason, and then it never counts: some of these would fit later. Empty: it must be done.
  std::string refused;
  // A directory version with this target for complaints is published.
  std::optional<absl::Duration> publishes;
  // What must have come about first; who cannot read goes on without it.
  std::function<bool(const router::v1::Ticket&)> after;
};

class Flow {
 public:
  virtual ~Flow() = default;
  Flow(const Flow&) = delete;

  const std::string& name() const { return name_; }
  size_t steps() const { return script_.size(); }
  size_t done() const { return done_; }
  bool over() const { return done_ == script_.size(); }
  const Cast& cast() const { return cast_; }
  // Of the contact that the flow begins with; empty before there is one.
  std::string ticket() const;
  const std::string& contact(size_t n) const { return contacts_[n]; }

  // The step that is not done yet, asked for at `now`. Only while it is not over.
  Step Next(absl::Time now) const;
  // It was done (or refused, as it had to be).
  void Done(const common::v1::CommandReply& reply);

  // Sentences: what does not hold of the ticket after the first `done` steps. Custody is summed up to `until`.
  std::vector<std::string> Check(const router::v1::Ticket& ticket, size_t done, absl::Time until) const;
  // The least number of steps after which there is a ticket.
  size_t opened_by() const { return opened_by_; }

 protected:
  using Held = std::pair<router::v1::CustodyKind, std::string>;
  struct Line {
    Step step;  // without its request
    std::function<std::unique_ptr<google::protobuf::Message>(absl::Time now)> make;
    int learns = -1;                                  // the number of the contact whose name the answer says
    std::optional<Held> held;                         // who holds the ticket from here on
    std::optional<router::v1::HandoffState> handoff;  // of the last hand-off from here on; OFFERED: a new one
    bool reopens = false;
  };

  // `number` tells flows of one centre apart: call ids and phone numbers.
  Flow(std::string kind, uint64_t number, Cast cast);

  // Appends a line; it stays where it is until the next one is appended.
  Line& Say(std::string what, std::string who);
  template <typename Request>
  Line& Say(std::string what, std::string who, std::function<void(Request&, absl::Time now)> fill) {
    Line& line = Say(std::move(what), std::move(who));
    line.make = [fill = std::move(fill)](absl::Time now) {
      auto request = std::make_unique<Request>();
      fill(*request, now);
      return request;
    };
    return line;
  }
  // The same for a command on the ticket.
  template <typename Request>
  Line& Act(std::string what, std::string who, std::function<void(Request&, absl::Time now)> fill = nullptr) {
    return Say<Request>(std::move(what), "agents/" + who,
                        [this, fill = std::move(fill)](Request& request, absl::Time now) {
                          request.set_name(ticket());
                          if (fill) fill(request, now);
                        });
  }

  // What flows have in common. A call that `agent` answered so long ago: contact `n` from here on.
  void Answered(int n, const std::string& agent, absl::Duration ago);
  void Ended(int n, absl::Duration ago);
  // The owner has called the customer and writes that down: contact `n`.
  void Told(int n, bool satisfied);
  void Offer(const std::string& department);
  void Sign(const std::string& who, const std::string& department);
  void Complete(const std::string& who);
  void Close(int record);
  void OpensHere() { opened_by_ = script_.size(); }

  std::string phone() const;
  // Further sentences on what only this flow knows.
  virtual void CheckMore(const router::v1::Ticket& ticket, size_t done, std::vector<std::string>* wrong) const;

 private:
  const std::string name_;
  const uint64_t number_;
  const Cast cast_;
  std::vector<Line> script_;
  std::vector<std::string> contacts_;
  size_t done_ = 0, opened_by_ = 0;
};

// Flow 2: a fault becomes a ticket; the technicians refuse with evidence, the warehouse signs and is done, the owner
// tells the customer; the next call finds him dissatisfied: a new episode, the technicians, done, told, closed.
std::unique_ptr<Flow> NewRework(uint64_t number, Cast cast = {});

// Flow 3: a complaint has two hours; they stand still while the customer is awaited, and in that time another policy is
// published; they are breached all the same, by the policy that they began with. `called` so long before the first
// step: of the two hours only the rest is lived through.
std::unique_ptr<Flow> NewPausedClock(uint64_t number, absl::Duration called, Cast cast = {});
inline constexpr absl::Duration kComplaintTarget = absl::Hours(2), kComplaintLater = absl::Hours(4);

// The directory with one policy for complaints, whose only clock resolves them, round the clock, within `target`.
directory::v1::Directory WithComplaints(directory::v1::Directory directory, absl::Duration target);

}  // namespace shoujie::flows
