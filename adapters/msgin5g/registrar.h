// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/ids.h"

namespace msggw::msgin5g {

/// Registers devices at their MSGin5G Servers on their behalf (TS 23.554 8.2.3). Loop thread only.
class Registrar {
 public:
  virtual ~Registrar() = default;

  /// A MSGin5G Server says that it does not know the device (any more). False: the device is not to
  /// be registered. Else a later call of ServerAdapter::registered() lets its messages go on, or
  /// one of not_registered() ends them.
  virtual bool lost(core::DeviceNo device) = 0;
};

}  // namespace msggw::msgin5g
