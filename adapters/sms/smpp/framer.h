// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msggw::smpp {

/// Cuts the octets of one TCP stream into whole PDUs (SMPP 3.4 3.2), by their command_length.
class Framer {
 public:
  enum class Status {
    whole,    ///< `pdu` is one
    partial,  ///< all octets are taken, more are needed
    lost,     ///< command_length is below 16 or above the limit: the stream cannot be followed
    ended     ///< it was lost before; said ever after
  };
  struct Step {
    Status status = Status::partial;
    /// Into the octets given where the PDU lies whole in them, else into the Framer; until the next
    /// call either way.
    std::string_view pdu;
  };

  /// `most_octets`: of one PDU. Not more than that is ever buffered.
  explicit Framer(std::size_t most_octets = 65'536) : most_octets_(most_octets) {}

  /// Returns the next PDU; what it took is removed from the front of `octets`. Call it until it is
  /// partial.
  Step next(std::string_view& octets);

 private:
  Step fail();
  /// Moves octets into the buffer until it holds `size`. Returns false if there are too few.
  bool fill(std::string_view& octets, std::size_t size);

  std::size_t most_octets_;
  std::string buffer_;  ///< the beginning of a PDU that did not lie whole in one read
  bool given_ = false;  ///< the buffer holds the PDU given out last
  bool lost_ = false;
};

}  // namespace msggw::smpp
