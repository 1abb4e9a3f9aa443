// What bearing an event has on what was before it: whether the last act can still be taken back (UndoLast), and whether
// work on a ticket of another system's past has begun here. Every kind of event stands in it: a new one does not
// compile until somebody has decided.
#pragma once

#include "shoujie/router/v1/events.pb.h"

namespace shoujie::router {

enum class Bearing {
  kNone,  // neither an act that stands in the way of taking the last one back, nor work on an imported ticket
  kAct,   // is itself the last act
  kWork,  // the last act can be taken back no more
  kPast,  // the same, but tells of another system's past or begins the ticket: no work done here
};
Bearing BearingOf(v1::Event::EventCase what);

}  // namespace shoujie::router
