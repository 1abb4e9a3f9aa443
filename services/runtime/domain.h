// What a service's domain gives to the runtime, and what it gets from it.
//
// A service is a set of *stream types* (contact, ticket, customer, …). A stream type is a pure fold: a protobuf message
// is its state, `Decide(state, command, context) -> events | error` is its policy, `Evolve(state, event)` its memory.
// Neither may know a clock, thread, network, store, random number or look-up: time enters as `Context::now`, reference
// data as `Context::reference`, and everything decided is recorded in the event, so that a replay never needs today's
// rules. `Evolve` cannot fail and must be a function of its arguments alone: the live store and a rebuild from zero are
// compared byte for byte.
//
// `Decide` asks in one order, so that whoever is refused twice over knows what he hears first: is the stream there; may
// the principal do this; does the state allow it; is what the command says right, in itself and then beside what
// stands; is there room left. Where the state names who may (the department of a hand-off, the handler of a contact),
// as much of it is asked before as names him.
//
// Domain folders include this header, `runtime/base/*`, `runtime/calendar/*`, `runtime/reference.h` and generated
// protos, and nothing else. Everything here is immutable after start-up and safe to use from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/base/principal.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie {

class Reference;  // runtime/reference.h: the adopted directory version with its indexes

// Where a command goes. Exactly one of `stream` and `key`/`slot_key` says it:
//  * `stream` is a full resource name ("tickets/0413-000127-6-T1");
//  * otherwise the slot is the hash of `slot_key`, an existing stream is looked for by `key`, and if there is none and
//    `may_create` holds, the runtime allots a new number in that slot.
// A named stream that does not exist reaches `Decide` with version 0 and a default state: the domain says NOT_FOUND.
struct UniqueKey {
  std::string space;  // "call", "phone", …: part of the key, never shown
  std::string value;  // may be personal; only its HMAC reaches a store
};
struct Address {
  std::string stream;
  std::string slot_key;
  std::optional<UniqueKey> key;
  bool may_create = false;
};

// A timer is state, not an act: the runtime keeps an index of what `Timers` answers and sends `TimerFired{name,
// attempt}` when it is due. `Decide` treats an attempt that is no longer the one asked for as a no-op.
struct Timer {
  std::string name;
  absl::Time due;
  uint32_t attempt = 1;
};

struct Context {
  absl::Time now;          // effective instant of this decision, never before the stream's last one; milliseconds
  absl::Time recorded_at;  // when the record is made; equals `now` except for facts of the past or late facts
  const Principal& principal;
  const Reference& reference;
  absl::string_view stream;  // resource name; of a stream to be created: the name it will have
  uint64_t version = 0;      // of the stream before this command: 0 = does not exist
  bool history = false;      // facts of a source's past: invariants hold, policy does not
  // The plain text of a sealed field of the state; an error if its key is not to be had. Use it only to compare or to
  // copy into a new event; what it says must not decide anything that a replay would need.
  std::function<absl::StatusOr<std::string>(const common::v1::Personal&)> open;
  // Whether a node of this cluster has said this and given it this mark (`QueryContext::vouch`): what was found out
  // elsewhere comes with the command, and nobody else can have said it. Null: nobody has.
  std::function<bool(absl::string_view statement, absl::string_view mark)> vouched = nullptr;
};

// What is known of a recorded event besides its own fields.
struct EventContext {
  absl::string_view stream;
  uint64_t version = 0;  // of the stream after the event's record
  absl::Time effective_at;
  absl::Time recorded_at;
  absl::string_view principal;
  uint32_t n = 0;  // of the event within its record
};

// One decided event. `effective_at` defaults to `Context::now`; only facts set it. The runtime raises it to the
// stream's last effective instant, so effective time never falls within a stream (`late` says by how much facts were
// off).
//
// `messages` are commands for other streams of the same service, in whatever slot they live (architecture §5). They are
// part of the event's record and take effect exactly once, in the order in which this partition sent them to that one;
// when, nobody knows. Each is addressed by the name of its stream (its `Route` says it), leaves a record there, and
// what is refused there becomes `Declined`; a sender whose stream type takes `common.v1.MessageDeclined` is told.
// Personal fields are decided as plain text, as in events, or copied as they are; the receiver sees them sealed. What
// is needed at once does not belong in a message, nor what lies in the same stream; another service is reached by a
// reaction.
template <typename Event>
struct Decided {
  Event event;
  std::optional<absl::Time> effective_at;
  std::vector<std::shared_ptr<const google::protobuf::Message>> messages;

  Decided(Event e, std::optional<absl::Time> at = std::nullopt) : event(std::move(e)), effective_at(at) {}
  template <typename Request>
  Decided& Send(Request request) {
    messages.push_back(std::make_shared<const Request>(std::move(request)));
    return *this;
  }
};
// No events and no error = a no-op: the command is answered with the version that stands.
template <typename Event>
using Decision = absl::StatusOr<std::vector<Decided<Event>>>;
// What most commands decide.
template <typename Event>
std::vector<Decided<Event>> One(Decided<Event> decided) {
  std::vector<Decided<Event>> events;
  events.push_back(std::move(decided));
  return events;
}
template <typename Event>
std::vector<Decided<Event>> One(Event event) {
  return One(Decided<Event>(std::move(event)));
}

// The type-erased form the runtime works with. Services make one per aggregate with `TypedStream` below.
class StreamType {
 public:
  struct AnyDecided {
    std::unique_ptr<google::protobuf::Message> event;
    std::optional<absl::Time> effective_at;
    std::vector<std::shared_ptr<const google::protobuf::Message>> messages;
  };
  virtual ~StreamType() = default;
  virtual absl::string_view collection() const = 0;  // "contacts": the resource name's first segment
  virtual std::unique_ptr<google::protobuf::Message> NewState() const = 0;
  virtual std::vector<const google::protobuf::Descriptor*> commands() const = 0;
  virtual absl::StatusOr<Address> Route(const google::protobuf::Message& command) const = 0;
  virtual absl::StatusOr<std::vector<AnyDecided>> Decide(const google::protobuf::Message& state,
                                                         const google::protobuf::Message& command,
                                                         const Context& context) const = 0;
  virtual void Evolve(google::protobuf::Message& state, const google::protobuf::Message& event,
                      const EventContext& at) const = 0;
  virtual std::vector<Timer> Timers(const google::protobuf::Message& state) const = 0;
  // Keys that the event claims for its stream, from the event as decided (personal fields in plain text).
  virtual std::vector<UniqueKey> Keys(const google::protobuf::Message& event) const = 0;
  // What must hold of every state that was ever reached, by `until` (verification, simulator): an error says what does
  // not.
  virtual absl::Status Check(const google::protobuf::Message& state, absl::Time until) const = 0;
};

// `State`: the resource message (its field 1 is `string name`). `Event`: the service's oneof message, shared by its
// streams.
//
//   TypedStream<Ticket, Event> tickets("tickets", &Evolve, &Timers);
//   tickets.On<SignHandoffRequest>(&ToNamed<SignHandoffRequest>, &DecideSign);
template <typename State, typename Event>
class TypedStream : public StreamType {
 public:
  using EvolveFn = void (*)(State&, const Event&, const EventContext&);
  using TimersFn = std::vector<Timer> (*)(const State&);
  using KeysFn = std::vector<UniqueKey> (*)(const Event&);
  using CheckFn = absl::Status (*)(const State&, absl::Time until);

  TypedStream(std::string collection, EvolveFn evolve, TimersFn timers = nullptr, KeysFn keys = nullptr)
      : collection_(std::move(collection)), evolve_(evolve), timers_(timers), keys_(keys) {}

  template <typename Request>
  TypedStream& On(absl::StatusOr<Address> (*route)(const Request&),
                  Decision<Event> (*decide)(const State&, const Request&, const Context&)) {
    handlers_[Request::descriptor()] =
        Handler{[route](const google::protobuf::Message& m) { return route(static_cast<const Request&>(m)); },
                [decide](const State& s, const google::protobuf::Message& m, const Context& c) {
                  return decide(s, static_cast<const Request&>(m), c);
                }};
    return *this;
  }

  TypedStream& Check(CheckFn check) {
    check_ = check;
    return *this;
  }

  absl::string_view collection() const override { return collection_; }
  std::unique_ptr<google::protobuf::Message> NewState() const override { return std::make_unique<State>(); }
  std::vector<const google::protobuf::Descriptor*> commands() const override {
    std::vector<const google::protobuf::Descriptor*> all;
    for (const auto& [descriptor, handler] : handlers_) all.push_back(descriptor);
    return all;
  }
  absl::StatusOr<Address> Route(const google::protobuf::Message& command) const override {
    return handlers_.at(command.GetDescriptor()).route(command);
  }
  absl::StatusOr<std::vector<AnyDecided>> Decide(const google::protobuf::Message& state,
                                                 const google::protobuf::Message& command,
                                                 const Context& context) const override {
    auto decision = handlers_.at(command.GetDescriptor()).decide(static_cast<const State&>(state), command, context);
    if (!decision.ok()) return decision.status();
    std::vector<AnyDecided> events;
    events.reserve(decision->size());
    for (auto& d : *decision) {
      events.push_back({std::make_unique<Event>(std::move(d.event)), d.effective_at, std::move(d.messages)});
    }
    return events;
  }
  void Evolve(google::protobuf::Message& state, const google::protobuf::Message& event,
              const EventContext& at) const override {
    evolve_(static_cast<State&>(state), static_cast<const Event&>(event), at);
  }
  std::vector<Timer> Timers(const google::protobuf::Message& state) const override {
    return timers_ ? timers_(static_cast<const State&>(state)) : std::vector<Timer>{};
  }
  std::vector<UniqueKey> Keys(const google::protobuf::Message& event) const override {
    return keys_ ? keys_(static_cast<const Event&>(event)) : std::vector<UniqueKey>{};
  }
  absl::Status Check(const google::protobuf::Message& state, absl::Time until) const override {
    return check_ ? check_(static_cast<const State&>(state), until) : absl::OkStatus();
  }

 private:
  struct Handler {
    std::function<absl::StatusOr<Address>(const google::protobuf::Message&)> route;
    std::function<Decision<Event>(const State&, const google::protobuf::Message&, const Context&)> decide;
  };
  std::string collection_;
  EvolveFn evolve_;
  TimersFn timers_;
  KeysFn keys_;
  CheckFn check_ = nullptr;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Handler> handlers_;
};

// The usual route: the request's `name` is the stream.
template <typename Request>
absl::StatusOr<Address> ToNamed(const Request& request) {
  return Address{.stream = request.name()};
}

// An event of another service in the same slot, as a reaction sees it: personal fields stay sealed and may be copied as
// they are into a command.
struct ForeignEvent {
  const google::protobuf::Message& event;  // that service's Event
  EventContext at;
};
// Pure and stateless; the commands it answers are addressed by their own `Route` and always leave a record.
using React = std::vector<std::unique_ptr<google::protobuf::Message>> (*)(const ForeignEvent&);
// Brings an event of an older form into today's and leaves one of today alone: pure, in `services/<name>/domain/`.
// Called wherever an event is read, so that `Evolve`, rows and reactions know today's form only. Null: no form was ever
// given up.
using Upcast = void (*)(google::protobuf::Message& event);

struct Reaction {
  std::string to_service;                                  // whose events
  std::shared_ptr<const google::protobuf::Message> event;  // prototype of that service's Event
  React react;
  // Fields of that Event's oneof that `react` looks at, older forms of them included; empty: all. Of others not even
  // the event is parsed.
  std::vector<int> concerns;
  Upcast upcast = nullptr;  // that service's
};

// A read model's rows: one per stream, a protobuf message folded from the same events, found through index keys. Every
// node that answers lists folds all partitions' journals into its own rows; owners are never asked for lists. `Project`
// leaves the row's name empty for streams that have no row. Index keys are "<index>/<value>/<sort>" strings; a scan
// takes a prefix of them and goes in byte order (use `SortKey` for times). Neither rows nor keys may hold personal
// data.
class RowType {
 public:
  virtual ~RowType() = default;
  virtual absl::string_view collection() const = 0;  // of the streams it has rows for: "tickets"
  virtual std::unique_ptr<google::protobuf::Message> NewRow() const = 0;
  virtual void Project(google::protobuf::Message& row, const google::protobuf::Message& event,
                       const EventContext& at) const = 0;
  virtual std::vector<std::string> IndexKeys(const google::protobuf::Message& row) const = 0;
};
template <typename Row, typename Event>
class TypedRows : public RowType {
 public:
  using ProjectFn = void (*)(Row&, const Event&, const EventContext&);
  using IndexFn = std::vector<std::string> (*)(const Row&);
  TypedRows(std::string collection, ProjectFn project, IndexFn index)
      : collection_(std::move(collection)), project_(project), index_(index) {}
  absl::string_view collection() const override { return collection_; }
  std::unique_ptr<google::protobuf::Message> NewRow() const override { return std::make_unique<Row>(); }
  void Project(google::protobuf::Message& row, const google::protobuf::Message& event,
               const EventContext& at) const override {
    project_(static_cast<Row&>(row), static_cast<const Event&>(event), at);
  }
  std::vector<std::string> IndexKeys(const google::protobuf::Message& row) const override {
    return index_(static_cast<const Row&>(row));
  }

 private:
  std::string collection_;
  ProjectFn project_;
  IndexFn index_;
};

// What a service tells others about its streams, event by event, for callers who follow a topic (`Watch` of
// runtime/service.h): at most one message for each recorded event, made of the event and of its stream's list row as it
// stands after it, so there must be rows of the same collection. A published contract: without personal data, by ids,
// and the same however often it is made. Facts of a source's past are never published. On Kafka all of them, whomever
// they concern, go to the topic `<prefix>.<collection>.v1` as well (node/relay.h): the message has the form of a
// CloudEvent (node/cloud_event.h).
class FeedType {
 public:
  struct Published {
    std::vector<std::string> topics;  // whom it concerns; may be empty
    std::unique_ptr<google::protobuf::Message> event;
  };
  virtual ~FeedType() = default;
  virtual absl::string_view collection() const = 0;
  // Raised when `Publish` or its topics make something else of old events: lists are then made again from the journals.
  virtual uint32_t version() const = 0;
  virtual const google::protobuf::Descriptor* event() const = 0;
  virtual std::optional<Published> Publish(const google::protobuf::Message& row, const google::protobuf::Message& event,
                                           const EventContext& at) const = 0;
};
template <typename Row, typename Event, typename Out>
class TypedFeed : public FeedType {
 public:
  using PublishFn = std::optional<Out> (*)(const Row&, const Event&, const EventContext&);
  using TopicsFn = std::vector<std::string> (*)(const Out&);
  TypedFeed(std::string collection, uint32_t version, PublishFn publish, TopicsFn topics)
      : collection_(std::move(collection)), version_(version), publish_(publish), topics_(topics) {}
  absl::string_view collection() const override { return collection_; }
  uint32_t version() const override { return version_; }
  const google::protobuf::Descriptor* event() const override { return Out::descriptor(); }
  std::optional<Published> Publish(const google::protobuf::Message& row, const google::protobuf::Message& event,
                                   const EventContext& at) const override {
    auto out = publish_(static_cast<const Row&>(row), static_cast<const Event&>(event), at);
    if (!out) return std::nullopt;
    auto topics = topics_(*out);
    return Published{std::move(topics), std::make_unique<Out>(*std::move(out))};
  }

 private:
  std::string collection_;
  uint32_t version_;
  PublishFn publish_;
  TopicsFn topics_;
};

// How new streams of a service get their names in a slot.
enum class Numbering { kNone, kMatter, kCustomer };

// One service, as data: `ServiceDomain Domain()` in `services/<name>/domain/domain.h`; reactions and rows are added by
// `services/<name>/service.h` (see `runtime/service.h`).
struct ServiceDomain {
  std::string name;                                  // "router"
  std::unique_ptr<google::protobuf::Message> event;  // prototype of the service's Event
  Upcast upcast = nullptr;
  std::vector<std::unique_ptr<StreamType>> streams;
  std::vector<Reaction> reactions;
  std::vector<std::unique_ptr<RowType>> rows;
  std::unique_ptr<FeedType> feed;  // null: nothing is published
  Numbering numbering = Numbering::kNone;
  std::string numbered_collection;  // the collection that new numbers belong to: "contacts"
  bool slotted = true;              // false: one partition (directory)
  // Raised when Evolve, or a row's Project or IndexKeys, makes something else of old events: stores of another version
  // are made again from the journal, as a standby's, before the shard may be claimed.
  uint32_t state_version = 1;
};

}  // namespace shoujie
