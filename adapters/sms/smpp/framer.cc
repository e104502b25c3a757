// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/framer.h"

#include <algorithm>

#include "adapters/sms/smpp/octets.h"
#include "adapters/sms/smpp/pdu.h"

namespace msggw::smpp {

Framer::Step Framer::next(std::string_view& octets) {
  if (lost_) return {Status::ended, {}};
  if (given_) {
    buffer_.clear();
    given_ = false;
  }
  if (buffer_.empty() && octets.size() >= 4) {
    const std::size_t size = read_u32(octets, 0);
    if (size < kHeaderOctets || size > most_octets_) return fail();
    if (size <= octets.size()) {
      const std::string_view pdu = octets.substr(0, size);
      octets.remove_prefix(size);
      return {Status::whole, pdu};
    }
  }
  if (!fill(octets, 4)) return {};
  const std::size_t size = read_u32(buffer_, 0);
  if (size < kHeaderOctets || size > most_octets_) return fail();
  if (!fill(octets, size)) return {};
  given_ = true;
  return {Status::whole, buffer_};
}

Framer::Step Framer::fail() {
  lost_ = true;
  buffer_.clear();
  return {Status::lost, {}};
}

bool Framer::fill(std::string_view& octets, std::size_t size) {
  if (buffer_.size() < size) {
    const std::size_t taken = std::min(size - buffer_.size(), octets.size());
    buffer_.append(octets.substr(0, taken));
    octets.remove_prefix(taken);
  }
  return buffer_.size() >= size;
}

}  // namespace msggw::smpp
