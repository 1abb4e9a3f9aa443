package department;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What this program has taken from the topic, on the disk before anything follows from it.
 *
 * <p>One file of JSON lines. {ticket, sequence, acts}: this event was taken, and these acts follow from it, each with its request
 * id. {settled: ticket}: all of them have their answers. One program a directory.
 */
final class Ledger {
  record Act(String act, int handoff, String id) {}

  record Taken(String ticket, String sequence, List<Act> acts, String settled) {}

  private static final Gson GSON = new Gson();

  private final Map<String, String> highest = new HashMap<>(); // ticket -> sequence
  private final FileChannel file;
  private Taken open; // taken, and not all of its acts are known to be answered

  Ledger(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path path = directory.resolve("ledger.jsonl");
    Path fresh = directory.resolve("ledger.jsonl.new");
    if (Files.exists(path)) {
      String text = Files.readString(path);
      // Behind the last line: what the program wrote as it ended. Nothing has followed from it.
      text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(line -> read(GSON.fromJson(line, Taken.class)));
    }
    // Begun anew with what still counts. Whoever dies meanwhile has the old file or the new one.
    file = FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    for (Map.Entry<String, String> one : highest.entrySet()) {
      write(new Taken(one.getKey(), one.getValue(), List.of(), null));
    }
    if (open != null) {
      write(open);
    }
    file.force(true);
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(directory)) {
      folder.force(true);
    }
  }

  String highest(String ticket) {
    return highest.getOrDefault(ticket, "");
  }

  /** Null if everything that was taken is settled. */
  Taken open() {
    return open;
  }

  /** From now on the event is a repeat, also for whoever starts after a crash. */
  void take(String ticket, String sequence, List<Act> acts) throws IOException {
    Taken line = new Taken(ticket, sequence, acts, null);
    write(line);
    file.force(false);
    read(line);
  }

  /** Needs no care: whoever does not find it sends the same commands again, which changes nothing. */
  void settle() throws IOException {
    write(new Taken(null, null, null, open.ticket()));
    open = null;
  }

  private void read(Taken line) {
    if (line.settled() != null) {
      open = null;
    } else {
      highest.put(line.ticket(), line.sequence());
      open = line.acts().isEmpty() ? null : line;
    }
  }

  private void write(Taken line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((GSON.toJson(line) + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }
}
