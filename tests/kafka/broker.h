// Real Apache Kafka brokers for a test program, by `tests/kafka/up`: started on first use, stopped when the program
// ends, however it ends. Which version is said by the environment, so that the same tests run on all of them. One
// thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace shoujie::kafka {

class Brokers {
 public:
  // `count`: 1 or 3. The version is $SHOUJIE_KAFKA_VERSION, else the default of `tests/kafka/up`. Ends the program if
  // the brokers do not start. `directory`: where they keep everything, new and removed at the end; without it a
  // temporary one. `flags`: further ones of `tests/kafka/up`.
  explicit Brokers(int count = 1, const std::string& directory = "", const std::vector<std::string>& flags = {});
  ~Brokers();
  Brokers(const Brokers&) = delete;
  Brokers& operator=(const Brokers&) = delete;

  // One broker for all tests of a program that leave it as it is.
  static Brokers& Shared();

  const std::string& bootstrap() const { return bootstrap_; }
  // Where a broker's topics lie.
  std::string data(int broker) const { return directory_ + "/broker-" + std::to_string(broker) + "/data"; }
  bool running(int broker) const;
  // A name that no test had before, for prefixes of topics.
  static std::string NewName();

  // Faults; brokers are counted from 1.
  void Signal(int broker, int signal);  // SIGKILL, SIGSTOP, SIGCONT, SIGTERM
  void AwaitEnd(int broker);            // after a signal that ends it
  void StartAgain(int broker);
  bool TryStartAgain(int broker);  // false: it does not start

 private:
  pid_t Pid(int broker) const;

  std::optional<TempDir> own_;
  std::string directory_;
  std::string bootstrap_;
  pid_t script_ = -1;
  int hold_ = -1;  // the script ends when this end of its input is closed
};

}  // namespace shoujie::kafka
