package org.espalier.prune.structured;

import java.util.List;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Role;

/** Which of a group's weights a saliency looks at. */
public enum Part {
  /** Kernels and matrices that make or read the channels, and scales; no biases. */
  WEIGHTS {
    @Override
    boolean has(Member member, Subject subject) {
      WeightKind kind = subject.kind(member);
      return kind == WeightKind.MATRIX || kind == WeightKind.SCALE;
    }
  },

  /** Kernels and matrices that make the channels: the filters. */
  FILTERS {
    @Override
    boolean has(Member member, Subject subject) {
      return member.role() == Role.PRODUCER && subject.kind(member) == WeightKind.MATRIX;
    }
  },

  /** Kernels and matrices that read the channels. */
  READERS {
    @Override
    boolean has(Member member, Subject subject) {
      return member.role() == Role.CONSUMER && subject.kind(member) == WeightKind.MATRIX;
    }
  },

  /** Scales of normalisations. */
  SCALES {
    @Override
    boolean has(Member member, Subject subject) {
      return subject.kind(member) == WeightKind.SCALE;
    }
  };

  abstract boolean has(Member member, Subject subject);

  /** The members of this part, in the group's order. */
  public List<Member> of(Group group, Subject subject) {
    return group.members().stream().filter(member -> has(member, subject)).toList();
  }
}
