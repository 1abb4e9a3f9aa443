// What a centre's clients ask in the measurements: notes on tickets and records of contacts, with sealed text of 300 B
// on average and 1 % of 8 KB, and reads of both, over customers skewed by Zipf 0.99. The same calls, byte for byte in
// size, go to the real server and to the echo. A `Workload` is shared by threads and never changes; each stream of
// calls brings its own `Random`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "loadtest/generator/random.h"

namespace shoujie::load {

enum Kind { kAddNote, kWriteRecord, kGetTicket, kGetContact, kKinds };

inline constexpr std::array<const char*, kKinds> kMethods = {
    "/shoujie.router.v1.TicketService/AddNote", "/shoujie.interaction.v1.ContactService/WriteRecord",
    "/shoujie.router.v1.TicketService/GetTicket", "/shoujie.interaction.v1.ContactService/GetContact"};

inline bool IsCommand(int kind) { return kind == kAddNote || kind == kWriteRecord; }

// A customer's matter on the server: made beforehand (world.h).
struct Matter {
  std::string contact, ticket;  // resource names
};

struct MadeCall {
  Kind kind;
  std::string bytes;
};

class Workload {
 public:
  // `reads`: share of reads, 0..1. `matters` in order of heat.
  Workload(std::vector<Matter> matters, double reads);

  double reads() const { return reads_; }
  const std::vector<Matter>& matters() const { return matters_; }
  MadeCall Make(Random& random) const;
  MadeCall MakeOf(Kind kind, Random& random) const;

 private:
  const std::string& Text(Random& random) const;

  const std::vector<Matter> matters_;
  const double reads_;
  const Zipf heat_;
  std::vector<std::string> short_texts_, long_texts_;
};

}  // namespace shoujie::load
