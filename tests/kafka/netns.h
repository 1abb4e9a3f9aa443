// A network namespace for one node, joined to this machine by two cables: one to clients and other nodes, one to the
// broker. The second can be cut, both ways or one way: packets are then sent to a hardware address that nobody has, so
// they vanish without a word, as behind a broken switch. Needs root and `ip` (iproute2); no packet filter.
#pragma once

#include <string>
#include <vector>

namespace shoujie::kafka {

class Netns {
 public:
  enum class Cut { kBoth, kRequests, kAnswers };  // what does not arrive, as the node sees it

  // Why this machine forbids it, or "".
  static std::string Missing();

  Netns();
  ~Netns();
  Netns(const Netns&) = delete;
  Netns& operator=(const Netns&) = delete;

  // Starts a program in it.
  std::vector<std::string> Under() const;
  // Where the node listens; where others listen so that it reaches them; where the broker does.
  std::string node() const { return Address(0, 2); }
  std::string others() const { return Address(0, 1); }
  std::string broker() const { return Address(1, 1); }

  void Apply(Cut cut);
  void Heal();

 private:
  std::string Address(int cable, int end) const;
  std::string Device(int cable) const;

  const std::string name_;
  const int net_;  // third number of its addresses
};

}  // namespace shoujie::kafka
