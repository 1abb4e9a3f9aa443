// A contact's plan as things to do, in two hands: what the switch sees of it (facts, through the outbox) and what
// agents and department members do with it (acts, each under his own name). Both go on by the server's clock; each step
// may wait for one of the other side, as a call does not end before its agent has said what he wanted to say.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/switch/plan.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/commands.pb.h"

namespace shoujie::loadtest {

inline constexpr char kContactService[] = "shoujie.interaction.v1.ContactService/";
inline constexpr char kReportFact[] = "shoujie.interaction.v1.ContactService/ReportContactFact";

// How agents reach the server. Thread-safe.
class Hands {
 public:
  virtual ~Hands() = default;
  // As the agent, under one request id, repeated until the server answers.
  virtual absl::StatusOr<common::v1::CommandReply> Command(const std::string& agent, const std::string& method,
                                                           google::protobuf::Message* request) = 0;
  virtual absl::Status Ask(const std::string& agent, const std::string& method,
                           const google::protobuf::Message& request, google::protobuf::Message* response) = 0;
  virtual absl::Time Now() const = 0;
};

// What has become of a contact so far. Touched by one act at a time.
struct Scene {
  ContactPlan plan;
  Person person;
  std::string head, coordinator;  // of the site
  std::string contact;            // "contacts/…"; empty: the server has not said it yet
  std::string customer;
  bool customer_is_new = false;
  std::string ticket, owner;
  bool reached = false;  // of a dropped call: dialled back
};

struct FactStep {
  absl::Time at;
  interaction::v1::Fact fact;       // not set: the contact is created (channels without a switch)
  int after_act = -1;               // not before this act is done
  absl::Duration talk_if_accepted;  // so much later if a person has accepted the call meanwhile
};
struct Act {
  const char* verb = "";  // what the summary counts
  absl::Time at;
  absl::Duration gap;    // after the act before, at least
  std::string agent;     // empty: the ticket's owner
  int after_fact = -1;   // not before the server has this fact
  bool in_call = false;  // pointless once the call is over
  bool makes_contact = false;
  bool after_callback = false;  // not before it is known what became of the dial-back
  bool for_ticket = false;      // left for tomorrow if it is late
  // NOT_FOUND: the server has not got there yet (a ticket comes by reaction); it is tried again for a while.
  std::function<absl::Status(Hands&, Scene&, const std::string& agent)> run;
};
struct Track {
  std::vector<FactStep> facts;
  std::vector<Act> acts;
};

// `directory` is what the server has: dispositions' prompts and waits are taken from it. Acts for a ticket after `ends`
// are left out.
Track MakeTrack(const directory::v1::Directory& directory, const ContactPlan& plan, absl::Time ends);
// The same where people answer and no script: what the switch sees of it while it rings, and its end.
Track MakeUnmanned(const ContactPlan& plan);
// The call that reached a customer whose first call had dropped.
std::vector<FactStep> MakeCallbackLeg(const std::string& agent, absl::Time at, absl::Duration talk);

}  // namespace shoujie::loadtest
