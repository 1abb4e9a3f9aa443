// One line of the table: a figure against its floor. Ratios come from pairs measured one beside the other in the same
// run; an absolute figure of a shared machine says little by itself.
#pragma once

#include <string>
#include <vector>

namespace shoujie::load {

// Ratios of adjacent runs, A B B A …
struct Ratios {
  std::vector<double> all;

  void Add(double value, double floor) { all.push_back(floor > 0 ? value / floor : 0); }
  double Median() const;
  double Low() const;   // the smallest
  double High() const;  // the largest
};

struct Figure {
  std::string id;     // "P1"
  std::string what;   // "durable commands/s, unary, 128 in flight"
  std::string floor;  // with unit
  std::string value;
  Ratios ratios;
  bool at_most = false;  // the ratio shall not exceed the target; else not fall below it
  double target = 0;     // 0: no target, for information
  bool voided = false;   // the generator fell behind or calls failed: the figure says nothing
  std::string cpu_memory;
  std::string configuration;
  std::string in_the_way;  // told where it misses

  std::string Verdict() const;  // "holds", "misses", "void" or "-"
};

// When and on which machine: "2026-11-30 07:10 UTC, 2 cores, Linux 6.1, load before the run 0.1, " and what more is
// said.
std::string RunHeader(const std::string& more);
std::string ToTable(const std::vector<Figure>& figures);
std::string ToJson(const std::vector<Figure>& figures, const std::string& header);

// "12.3 k", "4.56 M", "780"
std::string Short(double number);
// "870 µs", "1.23 ms"
std::string ShortTime(double ns);

}  // namespace shoujie::load
