// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/texts.h"

#include <algorithm>
#include <charconv>

namespace msggw::sms {

messages::Message text_to(const std::string& number, const ReturnPath& path, std::string content,
                          const Options& options) {
  messages::Message text;
  text.from.address = path.service.text;
  text.to.address = number;
  text.application = options.of(path.smsc).name + ' ' + std::to_string(path.service.ton) + '.' +
                     std::to_string(path.service.npi);
  text.content = std::move(content);
  return text;
}

Outgoing outgoing_of(const messages::Message& text, const Options& options) {
  Outgoing out;
  out.smsc = options.preferred();
  out.text = text.content;
  out.to = text.to.address;
  out.from.text = text.from.address;
  const std::string_view path = text.application;
  const std::size_t form = std::min(path.rfind(' '), path.size());
  const auto smsc = std::ranges::find(options.all, path.substr(0, form), &SmscOptions::name);
  if (smsc != options.all.end())
    out.smsc = SmscNo{static_cast<std::size_t>(smsc - options.all.begin())};
  const char* const end = path.data() + path.size();
  const auto ton = std::from_chars(std::min(path.data() + form + 1, end), end, out.from.ton);
  std::from_chars(std::min(ton.ptr + 1, end), end, out.from.npi);
  return out;
}

}  // namespace msggw::sms
