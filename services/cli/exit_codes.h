// What the program's exit says to scripts; README and `shoujie --help` list the same. Not for what happened in detail:
// that is the error's reason.
#pragma once

namespace shoujie::cli {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // the server refused: the request or the state of things
  kUsage = 2,        // the command line
  kNotFound = 3,     // no such resource
  kNotAllowed = 4,   // no valid token, or one without the right
  kUnavailable = 5,  // no answer: nothing was done, or nobody knows; repeat with the same request id
  kDamage = 6,       // verification found damage
  kBadInput = 7,     // some rows of an input were bad (the others were taken)
  kInternal = 8,     // the server or this program failed inside
};

}  // namespace shoujie::cli
