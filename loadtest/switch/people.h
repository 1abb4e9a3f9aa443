// Invented callers and what they say. Everything comes from the seed; no name or number is anybody's.
#pragma once

#include <string>
#include <vector>

#include "loadtest/switch/random.h"

namespace shoujie::loadtest {

struct Person {
  std::string phone;  // E.164
  std::string name;
  std::string form_of_address;
  std::string email;
  std::string region, street, room;
  bool vip = false;
};
std::vector<Person> MakePeople(size_t count, Random* random);

// One matter of a category, in the customer's words, and how it goes on.
struct Matter {
  const char* text;
  const char* symptom;  // of faults
  const char* since;
  const char* frequency;
  const char* tried;
  const char* answer;  // told on the spot
  const char* result;  // of the department that solved it
};
const Matter& MatterOf(const std::string& category, Random* random);

}  // namespace shoujie::loadtest
