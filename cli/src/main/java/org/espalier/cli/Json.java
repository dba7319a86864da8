package org.espalier.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;

/**
 * How results become JSON: paths and enums as text, shapes as arrays of numbers and names, absent
 * values and numbers that JSON doesn't have as null.
 */
final class Json {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
          .addModule(new Jdk8Module())
          .addModule(ours())
          .build();

  private Json() {}

  private static SimpleModule ours() {
    var module = new SimpleModule();
    add(module, Path.class, (path, json) -> json.writeString(path.toString()));
    add(module, Enum.class, (value, json) -> json.writeString(lower(value)));
    add(module, Shape.class, (shape, json) -> json.writePOJO(shape.dims()));
    add(module, Dim.class, Json::write);
    add(module, Double.class, Json::write);
    add(module, double.class, Json::write);
    return module;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void write(Dim dim, JsonGenerator json) throws IOException {
    switch (dim) {
      case Dim.Fixed(long size) -> json.writeNumber(size);
      case Dim.Symbol(String name) -> json.writeString(name);
      case Dim.Unknown() -> json.writeNull();
    }
  }

  private static void write(Double number, JsonGenerator json) throws IOException {
    if (Double.isFinite(number)) {
      json.writeNumber(number);
    } else {
      json.writeNull();
    }
  }

  @FunctionalInterface
  private interface Writer<T> {
    void write(T value, JsonGenerator json) throws IOException;
  }

  private static <T> void add(SimpleModule module, Class<T> type, Writer<? super T> writer) {
    module.addSerializer(
        type,
        new JsonSerializer<T>() {
          @Override
          public void serialize(T value, JsonGenerator json, SerializerProvider provider)
              throws IOException {
            writer.write(value, json);
          }
        });
  }
}
