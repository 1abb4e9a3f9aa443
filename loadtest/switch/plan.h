// The script of a demonstration day: what callers, agents and departments are going to do, decided beforehand from the
// seed and the directory alone, so that the same seed plays the same day. Times are instants of the server's clock.
// Whether it comes out like this is for the server's rules to say; the plan knows the rules of the domain no better
// than people do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/switch/people.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::loadtest {

struct DayOptions {
  uint64_t seed = 1;
  int calls = 240;          // contacts of all channels
  absl::Time from, to;      // when they come in
  double brevity = 1;       // conversations are so many times shorter than in life
  double work_brevity = 1;  // and what departments do with a ticket
  bool any_hours = false;   // people come although the site is closed (short plays in the middle of the night)
};

struct HoldPlan {
  absl::Duration after, length, announced;
};
struct ConsultPlan {
  std::string agent;
  absl::Duration after, length;
  bool colleague_answers = false;
};
struct TransferPlan {
  std::string to;
  absl::Duration after;
  bool escalation = false;
};
// A dropped call: what the order to dial back meets, attempt by attempt.
struct CallbackPlan {
  std::vector<interaction::v1::OrderState> attempts;
  absl::Duration talk;
};
enum class HopEnd { kRefuse, kDone, kReturn, kLeave };
struct HopPlan {
  std::string department;
  std::string member;
  HopEnd end = HopEnd::kDone;
  absl::Duration answer;  // offer to signature or refusal
  absl::Duration work;    // signature to the end
  bool progress = false;
  router::v1::HandoffReason reason = router::v1::HANDOFF_REASON_UNSPECIFIED;
  std::string evidence;
};
struct EpisodePlan {
  std::vector<HopPlan> hops;
  bool closes = true;
  router::v1::ResolutionCode code = router::v1::RESOLUTION_CODE_SOLVED;
  absl::Duration close_after;  // the last hop
  std::string reopened_by;     // of episodes after the first: an agent
  absl::Duration reopened_after;
};
struct TicketPlan {
  std::vector<EpisodePlan> episodes;
  std::string handed_over_to;  // ownership, by explicit act at the end of the shift; empty: stays
};

enum class Ending {
  kAnswered,
  kTicket,
  kSilent,
  kNoisy,
  kNuisance,
  kWrongNumber,
  kSales,
  kPrivate,
  kOutOfScope,
  kDropped,
  kAbandoned
};
const char* NameOf(Ending ending);

struct ContactPlan {
  int number = 0;  // from 1
  absl::Time at;
  interaction::v1::Channel channel = interaction::v1::CHANNEL_PHONE;
  std::string site;
  size_t person = 0;
  bool withheld = false;   // no number is shown
  bool anonymous = false;  // does not want to say who he is
  uint32_t rings = 1;
  absl::Duration wait;  // in the queue, or until somebody opens it
  std::string agent;    // who takes it; empty: nobody
  absl::Duration talk, wrap_up;
  Ending ending = Ending::kAnswered;
  bool agent_hangs_up = false;
  bool corrects = false;  // disposes wrongly at first, and takes it back
  interaction::v1::MatterType type = interaction::v1::MATTER_TYPE_UNSPECIFIED;
  std::string category, product, model;
  interaction::v1::Emotion emotion = interaction::v1::EMOTION_CALM;
  Matter matter{};
  bool complete = true;    // the record gets everything that it should have
  std::string designated;  // mails: whom the head names
  std::string colleague;   // private calls: for whom a message is taken
  std::optional<HoldPlan> hold;
  std::optional<ConsultPlan> consult;
  std::optional<TransferPlan> transfer;
  std::optional<CallbackPlan> callback;
  std::optional<TicketPlan> ticket;
};
struct PresencePlan {
  absl::Time at;
  std::string agent;
  interaction::v1::PresenceState state;
};
struct Day {
  std::vector<Person> people;
  std::vector<ContactPlan> contacts;  // in order of time
  std::vector<PresencePlan> presences;
  absl::Time from, to;
  absl::Time ends;  // acts planned for later are left for tomorrow
};

// Refuses a directory without sites, agents, dispositions or departments to play with.
absl::StatusOr<Day> MakeDay(const directory::v1::Directory& directory, const DayOptions& options);
// When the sites of the directory serve on that date, with half an hour before and after.
absl::StatusOr<std::pair<absl::Time, absl::Time>> WindowOf(const directory::v1::Directory& directory,
                                                           const std::string& date);
// One line a contact: scripts are compared by it.
std::string Describe(const ContactPlan& plan);

}  // namespace shoujie::loadtest
