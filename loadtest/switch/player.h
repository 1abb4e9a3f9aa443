// Plays a planned day. The intake (one thread) tells what the switch sees and never waits for the server; agents (a few
// threads) act and wait; orders are looked after by a third hand. All of it by the server's clock. Every contact has
// one track of facts and one of acts (acts.h); a step that must wait for the other side is looked at again a few
// milliseconds later.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "loadtest/switch/acts.h"
#include "loadtest/switch/agenda.h"
#include "loadtest/switch/orders.h"
#include "loadtest/switch/session.h"

namespace shoujie::loadtest {

struct PlayerOptions {
  uint64_t seed = 1;
  std::string run;  // prefix of the call ids of this play
  bool scripted_agents = true;
  int agent_threads = 12;
};

class Player : private OrderLine {
 public:
  Player(Session* session, PlayerOptions options, Day day);
  ~Player() override;

  void Start();
  // Everything is played and delivered, or it went wrong for good (`trouble`).
  bool finished() const;
  absl::Status trouble() const;
  void Stop();  // joins

  // Of all steps, in parts of one.
  double progress() const;
  size_t open_contacts() const { return open_; }
  void Delivered(const OutboxEntry& entry, const absl::StatusOr<std::string>& reply);

 private:
  enum class Callback { kNone, kWaiting, kTalking, kOver };
  // One contact in play.
  struct Play {
    Scene scene;
    Track track;
    std::string lane;
    absl::Mutex mutex;
    // Intake's.
    size_t next_fact = 0;
    absl::Time last_stamp = absl::InfinitePast();
    absl::Time patient_until = absl::InfinitePast();  // of the machine: while a fact waits for an act
    std::atomic<int> facts_out = 0;
    std::atomic<bool> accepted = false;  // by people, where no script answers
    // Agents'.
    size_t next_act = 0;
    bool customer_counted = false;
    absl::Time act_patient_until = absl::InfinitePast();
    std::atomic<int> acts_done = 0;
    std::atomic<int> hands_left = 2;  // intake and agents
    // Both.
    std::string contact ABSL_GUARDED_BY(mutex);
    bool lost ABSL_GUARDED_BY(mutex) = false;  // the server refuses its facts
    Callback callback ABSL_GUARDED_BY(mutex) = Callback::kNone;
    size_t dials ABSL_GUARDED_BY(mutex) = 0;
    absl::Time dropped_at ABSL_GUARDED_BY(mutex);
  };
  // Facts of a call-back, which go on with an earlier contact.
  struct Leg {
    std::string lane;
    ContactPlan plan;
    Person person;
    std::vector<FactStep> facts;
    size_t next = 0;
    size_t play = SIZE_MAX;
  };

  void Intake();
  void IntakeStep(size_t play);
  void LegStep(size_t leg);
  void Agents();
  void AgentStep(size_t play);
  void Orders();
  void WatchPeople();                              // who has accepted what
  bool MayEmit(Play& play, const FactStep& step);  // false: look again soon
  enum class May { kNow, kLater, kSkip };
  May MayAct(Play& play, const Act& act, absl::Time* retry_at);
  void NextAct(size_t play, size_t skip);
  void Part(Play& play);  // one of the two hands has nothing left to do with it
  void AddPlay(ContactPlan plan, Track track, std::string lane);
  void Emit(const std::string& lane, const ContactPlan& plan, const Person& person, const FactStep& step,
            absl::Time stamp);
  absl::Time Soon() const;  // a few milliseconds of the machine from now, by the server's clock

  // OrderLine.
  absl::StatusOr<std::vector<interaction::v1::ListOrdersResponse::Entry>> List() override;
  absl::Status Take(const std::string& contact, const std::string& order) override;
  absl::StatusOr<interaction::v1::OrderTarget> Target(const std::string& contact, const std::string& order) override;
  Dialled Dial(const std::string& contact, const interaction::v1::OrderTarget& target) override;
  void Ended(const std::string& contact, const interaction::v1::OrderTarget& target, interaction::v1::OrderState result,
             const std::string& call, absl::Time at) override;
  absl::Time Now() const override { return session_->Now(); }
  std::string NewRequestId() override { return session_->NewRequestId(); }

  size_t PlayOf(const std::string& contact);  // SIZE_MAX: of another play
  void Fail(absl::Status status);

  Session* const session_;
  const PlayerOptions options_;
  const Day day_;
  std::vector<std::unique_ptr<Play>> plays_;
  absl::flat_hash_map<std::string, size_t> by_lane_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, size_t> by_contact_ ABSL_GUARDED_BY(mutex_);
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);
  std::deque<Leg> legs_ ABSL_GUARDED_BY(mutex_);
  size_t steps_ = 0;
  std::atomic<size_t> steps_done_ = 0;
  std::atomic<size_t> open_ = 0;  // contacts with something left to do
  std::atomic<size_t> open_legs_ = 0;
  std::atomic<bool> stopped_ = false;
  Agenda intake_, acts_;
  OrderDesk desk_;
  std::atomic<size_t> ringing_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace shoujie::loadtest
