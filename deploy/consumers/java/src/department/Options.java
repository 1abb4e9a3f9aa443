package department;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the program is told on its command line. */
record Options(
    String kafka,
    String topic,
    String group,
    String server,
    Path tokenFile,
    String department,
    Path state,
    List<String> act,
    Set<String> refuse,
    Duration untilIdle) {
  private static final List<String> ALL_ACTS = List.of("details", "sign", "progress", "done");
  private static final String USAGE =
      """
      usage: run --kafka HOST:PORT,… --server HOST:PORT --token-file FILE --department ID --state DIR
        --topic NAME        default shoujie.tickets.v1
        --group NAME        consumer group; default: the department's
        --token-file FILE   a token of a member of the department
        --state DIR         directory of what was taken; one for each program
        --act LIST          what is done with an offer, of: details,sign,progress,done
        --refuse CATEGORY   offers of it are refused; again for more
        --until-idle SECONDS  ends when nothing has come for so long
      """;

  /** Ends the program if they are not right. */
  static Options read(String[] arguments) {
    Map<String, String> given = new HashMap<>();
    Set<String> refuse = new HashSet<>();
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i];
      if (name.equals("--help")) {
        System.out.print(USAGE);
        System.exit(0);
      }
      if (i + 1 == arguments.length || !USAGE.contains(name + " ")) {
        throw wrong();
      }
      if (name.equals("--refuse")) {
        refuse.add(arguments[i + 1]);
      } else {
        given.put(name, arguments[i + 1]);
      }
    }
    for (String name : List.of("--kafka", "--server", "--token-file", "--department", "--state")) {
      if (!given.containsKey(name)) {
        throw wrong();
      }
    }
    List<String> act = new ArrayList<>(List.of(given.getOrDefault("--act", String.join(",", ALL_ACTS)).split(",")));
    if (!ALL_ACTS.containsAll(act)) {
      throw wrong();
    }
    String idle = given.get("--until-idle");
    return new Options(
        given.get("--kafka"),
        given.getOrDefault("--topic", "shoujie.tickets.v1"),
        given.getOrDefault("--group", "department-" + given.get("--department")),
        given.get("--server"),
        Path.of(given.get("--token-file")),
        given.get("--department"),
        Path.of(given.get("--state")),
        act,
        refuse,
        idle == null ? null : Duration.ofMillis((long) (1000 * Double.parseDouble(idle))));
  }

  private static RuntimeException wrong() {
    System.err.print(USAGE);
    System.exit(64);
    return new IllegalArgumentException();
  }
}
