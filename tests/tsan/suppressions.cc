// Under ThreadSanitizer: reports that Debian's absl makes because it is not instrumented. Its deadlock detector guards its
// graph by a spin lock of its own, and a status counts its references by an atomic inside the library; neither is seen.
// Only frames of those two are named, so a race of ours is still reported.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:synchronization_internal::GraphCycles\n"
         "race:inlined_vector_internal::Storage<*status_internal::Payload*\n";
}
