// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/listeners.h"

#include <algorithm>
#include <string>

#include "gateway/base/log.h"

namespace msggw::process {

namespace {

std::vector<Listener> those_without(const std::vector<Listener>& all,
                                    const std::vector<Listener>& others) {
  std::vector<Listener> rest;
  for (const Listener& one : all) {
    const auto same = [&one](const Listener& other) { return other.url == one.url; };
    if (std::none_of(others.begin(), others.end(), same)) rest.push_back(one);
  }
  return rest;
}

}  // namespace

void tell_moves(const std::vector<Listener>& before, const std::vector<Listener>& after) {
  for (const Listener& one : those_without(after, before))
    base::log::info("listener_opened", {{"url", one.url}, {"purpose", one.purpose}});
  for (const Listener& one : those_without(before, after))
    base::log::info("listener_closed", {{"url", one.url}, {"purpose", one.purpose}});
}

void print_listeners(std::ostream& out, const std::vector<Listener>& listeners) {
  std::size_t width = 0;
  for (const Listener& listener : listeners) width = std::max(width, listener.url.size());
  for (const Listener& listener : listeners) {
    out << listener.url << std::string(width - listener.url.size() + 2, ' ') << listener.purpose
        << '\n';
  }
  out.flush();
}

}  // namespace msggw::process
