package org.espalier.graph.onnx;

import java.util.Map;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/** Writes {@code TensorProto} and {@code SparseTensorProto}: the data raw, strings apart. */
final class TensorWriter {
  private static final int EXTERNAL = 1;

  private TensorWriter() {}

  static WireWriter write(String name, Tensor tensor) {
    WireWriter out = head(name, tensor);
    if (tensor.type() == DataType.STRING) {
      for (Bytes string : tensor.strings()) {
        out.bytes(6, string.toArray());
      }
    } else {
      out.data(9, tensor.data());
    }
    details(out, tensor.details(), 12, 16);
    return out;
  }

  /** A tensor whose data lie in {@code file} from {@code offset} on. */
  static WireWriter external(String name, Tensor tensor, String file, long offset) {
    WireWriter out = head(name, tensor);
    entry(out, 13, "location", file);
    entry(out, 13, "offset", Long.toString(offset));
    entry(out, 13, "length", Long.toString(tensor.data().byteSize()));
    out.integer(14, EXTERNAL);
    details(out, tensor.details(), 12, 16);
    return out;
  }

  static WireWriter write(String name, SparseTensor tensor) {
    var out = new WireWriter();
    out.message(1, write(name, tensor.values()));
    out.message(2, write("", tensor.indices()));
    for (long dim : tensor.shape().sizes().orElseThrow()) {
      out.integer(3, dim);
    }
    return out;
  }

  private static WireWriter head(String name, Tensor tensor) {
    var out = new WireWriter();
    for (long dim : tensor.dims()) {
      out.integer(1, dim);
    }
    out.integer(2, tensor.type().code());
    out.textUnlessEmpty(8, name);
    return out;
  }

  /** Writes documentation and metadata to their fields, and what was kept. */
  static void details(WireWriter out, Details details, int doc, int metadata) {
    details(out, details, doc, metadata, details.unknown());
  }

  /** The same, where {@code unknown} is what is left of that. */
  static void details(WireWriter out, Details details, int doc, int metadata, Bytes unknown) {
    out.textUnlessEmpty(doc, details.doc());
    details.metadata().forEach((key, value) -> entry(out, metadata, key, value));
    out.append(unknown);
  }

  static void entry(WireWriter out, int field, String key, String value) {
    var entry = new WireWriter();
    entry.text(1, key);
    entry.text(2, value);
    out.message(field, entry);
  }

  static void opsets(WireWriter out, int field, Map<String, Long> opsets) {
    opsets.forEach(
        (domain, version) -> {
          var opset = new WireWriter();
          opset.text(1, domain);
          opset.integer(2, version);
          out.message(field, opset);
        });
  }
}
