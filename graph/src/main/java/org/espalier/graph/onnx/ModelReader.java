package org.espalier.graph.onnx;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Function;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;

/** Reads a {@code ModelProto}. */
final class ModelReader {
  private static final System.Logger LOG = System.getLogger(ModelReader.class.getName());

  private static final long OLDEST_IR = 3;

  /** ONNX 1.23's, the newest that this reader was written for. */
  private static final long NEWEST_IR = 14;

  private static final long NEWEST_OPSET = 28;

  private final ExternalFiles files;
  private final Map<String, Long> opsets = new LinkedHashMap<>();
  private final List<Function> functions = new ArrayList<>();
  private final DetailsReader details = new DetailsReader();
  private GraphReader graph;
  private long irVersion;
  private String producerName = "";
  private String producerVersion = "";
  private String domain = "";
  private long modelVersion;

  private ModelReader(ExternalFiles files) {
    this.files = files;
  }

  static Model read(MemorySegment data, ExternalFiles files, String file) {
    if (data.byteSize() == 0) {
      throw new InvalidInputException("is empty, expected an ONNX model");
    }
    var reader = new ModelReader(files);
    try {
      reader.fields(WireReader.of(data, "ModelProto"));
    } catch (InvalidInputException e) {
      // The first field of every ONNX file that was ever written is its version.
      if (reader.irVersion <= 0) {
        throw new InvalidInputException("not an ONNX model: " + e.getMessage(), e);
      }
      throw e;
    }
    return reader.model(file);
  }

  private void fields(WireReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> irVersion = in.varint("ir_version");
        case 2 -> producerName = in.text("producer_name");
        case 3 -> producerVersion = in.text("producer_version");
        case 4 -> domain = in.text("domain");
        case 5 -> modelVersion = in.varint("model_version");
        case 6 -> details.doc(in);
        case 7 -> {
          graph = graph == null ? new GraphReader(files) : graph;
          graph.read(in.message("graph", "GraphProto"));
        }
        case 8 -> FunctionReader.opset(in.message("opset_import", "OperatorSetIdProto"), opsets);
        case 14 -> details.metadata(in);
        case 25 ->
            functions.add(FunctionReader.read(in.message("functions", "FunctionProto"), files));
        default -> details.keep(in);
      }
    }
  }

  private Model model(String file) {
    if (irVersion <= 0 || graph == null) {
      throw new InvalidInputException(
          "not an ONNX model: " + (graph == null ? "no graph" : "ir_version " + irVersion));
    }
    if (irVersion < OLDEST_IR) {
      throw new InvalidInputException(
          "ir_version %d, expected %d or more".formatted(irVersion, OLDEST_IR));
    }
    if (opsets.isEmpty()) {
      throw new InvalidInputException("no opset_import, expected the operator sets in use");
    }
    var model =
        new Model(
            irVersion,
            producerName,
            producerVersion,
            domain,
            modelVersion,
            opsets,
            graph.graph(),
            functions,
            details.details());
    warnIfNewer(file, "ir_version", irVersion, NEWEST_IR);
    warnIfNewer(file, "opset", model.opset(), NEWEST_OPSET);
    return model;
  }

  private static void warnIfNewer(String file, String what, long found, long newest) {
    if (found > newest) {
      LOG.log(
          Level.WARNING,
          "{0}: {1} {2} is newer than {3}, the newest known here",
          file,
          what,
          Long.toString(found),
          Long.toString(newest));
    }
  }
}
