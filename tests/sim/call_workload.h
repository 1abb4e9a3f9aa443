// Clients of interaction and router as a call centre has them: a switch that reports calls (late, twice), agents who
// write records and dispose, owners, departments and leaders who work on what became tickets. Mostly valid, never
// always.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "services/runtime/sim/workload.h"
#include "tests/sim/call_broken.h"

namespace shoujie::testing {

class CallWorkload : public sim::Workload {
 public:
  explicit CallWorkload(Broken broken = Broken::kNothing);

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random& random) override;
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override;
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;

 private:
  // What the clients believe of a call; the truth is the contact's.
  struct Call {
    std::string external_id, phone, agent, contact;
    absl::Time began;
    int stage = 0;
    bool abandoned = false;
    bool busy = false;  // an intent of it is under way
  };
  struct Work {  // on a ticket
    std::string ticket, department;
    enum { kOwner, kOffered, kSigned, kClosed } stage = kOwner;
  };
  sim::Intent CallStep(sim::Random& random, absl::Time now, size_t call);
  sim::Intent TicketStep(sim::Random& random, absl::Time now, size_t work);
  std::unique_ptr<google::protobuf::Message> Fact(sim::Random& random, const Call& call, int stage) const;

  ServiceDomain interaction_, router_;
  std::vector<const ServiceDomain*> domains_{&interaction_, &router_};
  std::deque<Call> calls_;
  std::vector<size_t> live_;  // calls that are not over
  std::deque<Work> works_;
  std::vector<std::string> ended_with_ticket_;       // contacts whose disposition `ticket` was acknowledged
  std::vector<directory::v1::Directory> published_;  // versions 1, 2, …
};

}  // namespace shoujie::testing
