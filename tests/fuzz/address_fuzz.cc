// SPDX-License-Identifier: Apache-2.0
// Any octets as a host, an address and a URI: what is taken is printed and taken again as the same,
// and is numeric exactly where Asio, whose sockets go there, finds it numeric.
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/address.h"
#include "gateway/base/text.h"

namespace msggw::base {
namespace {

bool asio_finds_numeric(const std::string& text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error;
}

template <class Value>
void check_error(const Result<Value>& result) {
  ensure(!result.error().detail.empty() && !has_control(result.error().detail),
         "a reason can be printed");
}

void check_host(std::string_view text) {
  const bool brackets = text.starts_with('[') && text.ends_with(']') && text.size() > 1;
  const std::string inner(brackets ? text.substr(1, text.size() - 2) : text);
  const bool asio_differs = inner.find_first_of(std::string_view("%\0", 2)) != std::string::npos;
  const auto host = Host::parse(text);
  if (!host) {
    check_error(host);
    ensure(brackets || asio_differs || !asio_finds_numeric(inner), "what Asio takes is taken");
    return;
  }
  ensure(host->is_numeric() == asio_finds_numeric(inner), "one decision for what was written");
  ensure(host->is_numeric() == asio_finds_numeric(host->text()), "and for what is printed");
  ensure(Host::parse(host->text()).value() == *host, "a host is printed and read again");
  ensure(Host::parse(to_string(*host)).value() == *host, "in brackets too");
}

void check_address(std::string_view text) {
  const auto address = parse_address(text, 1);
  if (!address) return check_error(address);
  ensure(address->port != 0, "an address has a port");
  ensure(parse_address(to_string(*address), 2).value() == *address,
         "an address is printed and read again");
}

void check_uri(std::string_view text) {
  ensure(!has_control(printable_uri(text)), "a text that was to be a URI can be printed");
  const auto uri = parse_uri(text);
  if (!uri) return check_error(uri);
  ensure(uri->port != 0, "a URI has a port");
  ensure(uri->path.empty() || uri->path.starts_with('/'), "a path begins with a slash");
  ensure(parse_uri(to_string(*uri)).value() == *uri, "a URI is printed and read again");
  Uri again{uri->scheme, uri->host, uri->port};
  const auto segments = segments_of(*uri);
  for (const std::string& segment : segments) {
    ensure(segment != "." && segment != "..", "a path is normal");
    again = again.child(segment);
  }
  ensure(segments_of(again) == segments, "a path is built of its segments");
}

}  // namespace
}  // namespace msggw::base

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  msggw::base::check_host(text);
  msggw::base::check_address(text);
  msggw::base::check_uri(text);
  return 0;
}
