package org.espalier.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

/** What a command line came to: its exit code, and what it printed. */
record Ran(int code, String out, String err) {
  static Ran run(Object... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] words = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Ran(code, out.toString(), err.toString());
  }

  JsonNode json() throws Exception {
    return Json.MAPPER.readTree(out);
  }
}
